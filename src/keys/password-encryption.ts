import { createDecipheriv, pbkdf2, scrypt } from 'node:crypto'
import type { Asn1 } from './asn1.ts'
import { derivePkcs12, PURPOSE } from './pkcs12-kdf.ts'
import { decryptRc2Cbc } from './rc2.ts'
import { MAX_ITERATIONS, MAX_ITERATIONS_OF_FILE, UnreadableStore } from './store-contents.ts'

const PBES2 = '1.2.840.113549.1.5.13'
const PBKDF2 = '1.2.840.113549.1.5.12'
const SCRYPT = '1.3.6.1.4.1.11591.4.11'
/** RFC 7914 costs beyond this take longer, or more memory, than a key is worth. */
const MAX_SCRYPT_BYTES = 256 * 1024 * 1024

/** PBES1 as PKCS#12 has it (RFC 7292 appendix C): key bytes, and the cipher's name for Node or the bits of RC2. */
const PBES1: ReadonlyMap<string, readonly [keyBytes: number, cipher: string | number]> = new Map([
  ['1.2.840.113549.1.12.1.3', [24, 'des-ede3-cbc']],
  ['1.2.840.113549.1.12.1.4', [16, 'des-ede-cbc']],
  ['1.2.840.113549.1.12.1.5', [16, 128]],
  ['1.2.840.113549.1.12.1.6', [5, 40]],
] as const)

/** Ciphers of PBES2: key bytes and name. */
const CIPHERS: ReadonlyMap<string, readonly [keyBytes: number, cipher: string]> = new Map([
  ['2.16.840.1.101.3.4.1.2', [16, 'aes-128-cbc']],
  ['2.16.840.1.101.3.4.1.22', [24, 'aes-192-cbc']],
  ['2.16.840.1.101.3.4.1.42', [32, 'aes-256-cbc']],
  ['1.2.840.113549.3.7', [24, 'des-ede3-cbc']],
] as const)

/** Pseudo-random functions of PBKDF2 (RFC 8018 appendix B.1). */
const HMACS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.8', 'sha224'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
])

/** The key derivation that the reading of one file may take: bounds each, and all together. */
export class DerivationWork {
  #left = MAX_ITERATIONS_OF_FILE

  /** Takes a number of rounds into account and returns it; throws UnreadableStore where it is none, or would keep the machine busy for long. */
  spend(iterations: number): number {
    if (!Number.isInteger(iterations) || iterations < 1 || iterations > MAX_ITERATIONS) throw tooMuchWork()
    this.take(iterations)
    return iterations
  }

  /** Takes work into account that is worth so many rounds. */
  take(rounds: number): void {
    this.#left -= rounds
    if (this.#left < 0) throw tooMuchWork(`${MAX_ITERATIONS_OF_FILE} rounds of key derivation altogether`)
  }
}

/**
 * Decrypts what is under a password: PBES2 (RFC 8018) with PBKDF2 or scrypt, or the older ways of PKCS#12. Keys are derived off the
 * event loop, or a millisecond at a time. Returns undefined where the password does not fit.
 *
 * @throws UnreadableStore where the algorithm is not supported, or asks for too much work; Malformed where its parameters are broken.
 */
export async function decryptWithPassword(
  algorithm: Asn1,
  text: Uint8Array,
  password: string | undefined,
  work: DerivationWork,
): Promise<Buffer | undefined> {
  const oid = algorithm.at(0).oid()
  if (oid === PBES2) return decryptPbes2(algorithm.at(1), text, password ?? '', work)
  const known = PBES1.get(oid)
  if (known === undefined) throw unsupported(`encryption ${oid}`)
  const [keyBytes, cipher] = known
  const salt = algorithm.at(1).at(0).octets()
  const iterations = work.spend(algorithm.at(1).at(1).number())
  const common = { hash: 'sha1', password, salt, iterations } as const
  const key = await derivePkcs12({ ...common, purpose: PURPOSE.key }, keyBytes)
  const iv = await derivePkcs12({ ...common, purpose: PURPOSE.iv }, 8)
  if (typeof cipher === 'string') return decrypt(cipher, key, iv, text)
  if (text.length === 0 || text.length % 8 !== 0) return undefined
  return withoutPadding(decryptRc2Cbc(key, cipher, iv, text))
}

async function decryptPbes2(
  parameters: Asn1,
  text: Uint8Array,
  password: string,
  work: DerivationWork,
): Promise<Buffer | undefined> {
  const [derivation, scheme] = [parameters.at(0), parameters.at(1)]
  const cipher = CIPHERS.get(scheme.at(0).oid())
  if (cipher === undefined) throw unsupported(`cipher ${scheme.at(0).oid()}`)
  const [keyBytes, name] = cipher
  const key = await deriveKey(derivation, password, keyBytes, work)
  return decrypt(name, key, scheme.at(1).octets(), text)
}

function deriveKey(derivation: Asn1, password: string, keyBytes: number, work: DerivationWork): Promise<Buffer> {
  const oid = derivation.at(0).oid()
  const [salt, ...rest] = derivation.at(1).items()
  if (salt === undefined || (oid !== PBKDF2 && oid !== SCRYPT)) throw unsupported(`key derivation ${oid}`)
  const octets = salt.octets()
  if (oid === PBKDF2) {
    const prf = rest.find(item => item.isSequence())
    const name = prf === undefined ? 'sha1' : HMACS.get(prf.at(0).oid())
    if (name === undefined) throw unsupported('pseudo-random function of PBKDF2')
    const iterations = work.spend(rest[0]?.number() ?? 0)
    return new Promise((resolve, reject) => {
      pbkdf2(password, octets, iterations, keyBytes, name, (error, key) => (error ? reject(error) : resolve(key)))
    })
  }
  const [N = 0, r = 0, p = 0] = rest.map(item => item.number())
  if (128 * r * (N + p) > MAX_SCRYPT_BYTES || p > 16) throw tooMuchWork()
  // RFC 7914 section 2: the cost is a power of two, and below two to the power of 16 r.
  if (r < 1 || p < 1 || N < 2 || (N & (N - 1)) !== 0 || N >= 2 ** (16 * r)) throw unsupported('costs of scrypt')
  work.take(N * r * p)
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: 2 * MAX_SCRYPT_BYTES }
    scrypt(password, octets, keyBytes, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function decrypt(cipher: string, key: Buffer, iv: Buffer, text: Uint8Array): Buffer | undefined {
  // OpenSSL 3 knows two-key 3DES by its three-key form only.
  const [name, whole] =
    cipher === 'des-ede-cbc' ? ['des-ede3-cbc', Buffer.concat([key, key.subarray(0, 8)])] : [cipher, key]
  try {
    const decipher = createDecipheriv(name, whole, iv)
    return Buffer.concat([decipher.update(text), decipher.final()])
  } catch {
    return undefined
  }
}

function withoutPadding(plain: Buffer): Buffer | undefined {
  const count = plain.at(-1) ?? 0
  const isPadded = count >= 1 && count <= 8 && plain.subarray(-count).every(byte => byte === count)
  return isPadded ? plain.subarray(0, -count) : undefined
}

function tooMuchWork(what = `${MAX_ITERATIONS} rounds of key derivation`): UnreadableStore {
  return new UnreadableStore(
    'file',
    `asks for more than ${what}`,
    'make the file anew with the defaults of `openssl` or `keytool`',
  )
}

/** Makes the problem of an algorithm that is not supported. */
export function unsupported(what: string): UnreadableStore {
  const cure = 'make it anew with `openssl pkcs12 -export`, or `keytool -importkeystore … -deststoretype PKCS12`'
  return new UnreadableStore('file', `uses an algorithm that is not supported (${what})`, cure)
}
