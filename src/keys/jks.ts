/**
 * JKS stores as Java's keytool makes them with `-storetype JKS`: aliases, certificates, keys under Sun's own protection, and a SHA-1
 * over everything. The format is Java's `sun.security.provider.JavaKeyStore`; its protection is weak, so nothing is ever written in it.
 */
import { createHash, createPrivateKey, type KeyObject, timingSafeEqual, X509Certificate } from 'node:crypto'
import {
  importCommand,
  MAX_STORE_ENTRIES,
  PASSWORD_HELP,
  type StoreContents,
  type StoreEntry,
  type StoreRequest,
  storeProblem,
  toPem,
  UnreadableStore,
} from './store-contents.ts'

const JKS = 0xfeedfeed
const JCEKS = 0xcececece
const DIGEST_BYTES = 20
/** Whitens the digest, says Java. */
const WHITENER = Buffer.from('Mighty Aphrodite', 'utf8')
/** DER of the AlgorithmIdentifier of Sun's key protector, 1.3.6.1.4.1.42.2.17.1.1. */
const PROTECTOR = Buffer.from('2b060104012a02110101', 'hex')

/** Reads a store. The password is checked over the whole file before anything in it counts. */
export function readJks(bytes: Uint8Array, request: StoreRequest): StoreContents {
  const { file, password } = request
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const magic = data.length < 4 ? 0 : data.readUInt32BE(0)
  if (magic === JCEKS)
    return storeProblem('file', 'is a JCEKS store, which is not supported', `run ${importCommand(file)}`)
  if (magic !== JKS) return storeProblem('file', 'is no JKS store', `see what \`keytool -list -keystore ${file}\` says`)
  if (password === undefined) {
    return storeProblem('file', 'needs a password', PASSWORD_HELP)
  }
  try {
    const reader = new JksReader(data.subarray(0, -DIGEST_BYTES), request, password)
    const entries = reader.read()
    const digest = createHash('sha1').update(toUtf16(password)).update(WHITENER).update(data.subarray(0, -DIGEST_BYTES))
    if (!timingSafeEqual(digest.digest(), data.subarray(-DIGEST_BYTES))) {
      const help = `see what \`keytool -list -keystore ${file}\` says to the password, and copy the file again if it is right`
      return storeProblem('password', 'does not open the store', help)
    }
    return { ok: true, value: entries.map(open => open()) }
  } catch (error) {
    if (error instanceof UnreadableStore) return { ok: false, error: error.problem }
    if (!(error instanceof RangeError)) throw error
    const help = `see whether \`keytool -list -keystore ${file}\` can read it, and copy it again`
    return storeProblem('file', 'is a JKS store that was cut short', help)
  }
}

class JksReader {
  readonly #data: Buffer
  readonly #request: StoreRequest
  readonly #password: string
  #at = 4

  constructor(data: Buffer, request: StoreRequest, password: string) {
    this.#data = data
    this.#request = request
    this.#password = password
  }

  /** Reads the whole file; what it returns opens the entries, once the integrity is known. */
  read(): readonly (() => StoreEntry)[] {
    const version = this.#number()
    if (version !== 1 && version !== 2) {
      throw new UnreadableStore(
        'file',
        'is a JKS store of an unknown version',
        `run ${importCommand(this.#request.file)}`,
      )
    }
    const count = this.#number()
    if (count > MAX_STORE_ENTRIES) {
      throw new UnreadableStore('file', `has more than ${MAX_STORE_ENTRIES} entries`, 'split it')
    }
    const entries = Array.from({ length: count }, () => this.#entry(version))
    if (this.#at !== this.#data.length) throw new RangeError('something behind the last entry')
    return entries
  }

  #entry(version: number): () => StoreEntry {
    const tag = this.#number()
    const alias = this.#text()
    this.#take(8)
    if (tag === 2) {
      const certificates = [this.#certificate(version)]
      return () => ({ alias, privateKey: undefined, certificates: certificates.map(toCertificate) })
    }
    if (tag !== 1) {
      throw new UnreadableStore('file', `has an entry \`${alias}\` that is neither key nor certificate`, 'take it out')
    }
    const sealed = this.#take(this.#number())
    const count = this.#number()
    if (count > MAX_STORE_ENTRIES) throw new RangeError('a chain without end')
    const chain = Array.from({ length: count }, () => this.#certificate(version))
    return () => ({
      alias,
      privateKey: this.#request.withKeys ? this.#openKey(sealed, alias) : undefined,
      certificates: chain.map(toCertificate),
    })
  }

  #openKey(sealed: Buffer, alias: string): KeyObject {
    const { file } = this.#request
    const key = unseal(sealed, this.#password)
    if (key !== undefined) return key
    throw new UnreadableStore(
      'password',
      `opens the store, but not the key \`${alias}\` in it`,
      `give the key the password of the store: \`keytool -keypasswd -keystore ${file} -alias ${alias}\``,
    )
  }

  #certificate(version: number): Buffer {
    if (version === 2) this.#text()
    return this.#take(this.#number())
  }

  #number(): number {
    return this.#take(4).readUInt32BE(0)
  }

  #text(): string {
    return this.#take(this.#take(2).readUInt16BE(0)).toString('utf8')
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#data.length) throw new RangeError('cut short')
    this.#at += length
    return this.#data.subarray(this.#at - length, this.#at)
  }
}

/** Opens Sun's key protector: salt, the key under a stream of SHA-1, and a SHA-1 of password and key. */
function unseal(sealed: Buffer, password: string): KeyObject | undefined {
  const at = sealed.indexOf(PROTECTOR)
  const body = at < 0 ? undefined : octetsBehind(sealed, at + PROTECTOR.length)
  if (body === undefined || body.length <= 2 * DIGEST_BYTES) return undefined
  const secret = toUtf16(password)
  const text = body.subarray(DIGEST_BYTES, -DIGEST_BYTES)
  const plain = Buffer.alloc(text.length)
  let stream = body.subarray(0, DIGEST_BYTES)
  for (const [i, byte] of text.entries()) {
    if (i % DIGEST_BYTES === 0) stream = createHash('sha1').update(secret).update(stream).digest()
    plain[i] = byte ^ (stream[i % DIGEST_BYTES] ?? 0)
  }
  const check = createHash('sha1').update(secret).update(plain).digest()
  if (!timingSafeEqual(check, body.subarray(-DIGEST_BYTES))) return undefined
  try {
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}

/** The OCTET STRING behind an AlgorithmIdentifier whose parameters are NULL or absent: DER, as Java writes it. */
function octetsBehind(der: Buffer, at: number): Buffer | undefined {
  let start = at
  if (der[start] === 0x05 && der[start + 1] === 0x00) start += 2
  if (der[start] !== 0x04) return undefined
  const first = der[start + 1] ?? 0
  if (first < 0x80) return der.subarray(start + 2, start + 2 + first)
  const size = first & 0x7f
  if (size < 1 || size > 3 || start + 2 + size > der.length) return undefined
  const length = der.readUIntBE(start + 2, size)
  return der.subarray(start + 2 + size, start + 2 + size + length)
}

function toUtf16(password: string): Buffer {
  return Buffer.from(password, 'utf16le').swap16()
}

function toCertificate(der: Buffer): string {
  try {
    return toPem(new X509Certificate(der).raw)
  } catch {
    throw new UnreadableStore('file', 'has a certificate that is none', 'make the store anew')
  }
}
