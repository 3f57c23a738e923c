/**
 * PKCS#12 stores (RFC 7292), of OpenSSL and of Java, old and new: integrity first, then what is inside, with the aliases. The structures
 * are read by `asn1js`, the ciphers are Node's. Key derivation is off the event loop. `stores.ts` imports this when such a store is
 * configured, and not before.
 */
import { createHash, createHmac, createPrivateKey, type KeyObject, timingSafeEqual, X509Certificate } from 'node:crypto'
import { Asn1, Malformed } from './asn1.ts'
import { DerivationWork, decryptWithPassword, unsupported } from './password-encryption.ts'
import { derivePkcs12, type Pkcs12Hash, PURPOSE } from './pkcs12-kdf.ts'
import {
  MAX_STORE_ENTRIES,
  PASSWORD_HELP,
  type StoreContents,
  type StoreEntry,
  type StoreRequest,
  storeProblem,
  toPem,
  UnreadableStore,
} from './store-contents.ts'

const DATA = '1.2.840.113549.1.7.1'
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const BAG = '1.2.840.113549.1.12.10.1.'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'
/** Certificates above a leaf that a chain may have. */
const MAX_CHAIN = 16

const HASHES: ReadonlyMap<string, Pkcs12Hash> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
] as const)

/** Bags that are wanted, in the order of the file. */
interface Bag {
  readonly alias: string | undefined
  readonly keyId: string | undefined
  readonly certificate: X509Certificate | undefined
  readonly privateKey: KeyObject | 'closed' | undefined
}

/** Reads a store. Entries without a name get their number, as in Java. */
export async function readPkcs12(bytes: Uint8Array, request: StoreRequest): Promise<StoreContents> {
  try {
    const reader = new Pkcs12Reader(request)
    return { ok: true, value: toEntries(await reader.read(bytes), request.withKeys) }
  } catch (error) {
    if (error instanceof UnreadableStore) return { ok: false, error: error.problem }
    if (!(error instanceof Malformed)) throw error
    return storeProblem(
      'file',
      'is no PKCS#12 store, or was cut short',
      `see whether \`openssl pkcs12 -in ${request.file} -noout\` can read it, and copy it again`,
    )
  }
}

class Pkcs12Reader {
  readonly #request: StoreRequest
  readonly #bags: Bag[] = []
  readonly #work = new DerivationWork()
  /** The password as the store takes it: some tools write no password at all where others write an empty one. */
  #password: string | undefined
  /** Whether the password has opened something: without a MAC the first key shows it. */
  #isVerified = false

  constructor(request: StoreRequest) {
    this.#request = request
    this.#password = request.password
  }

  async read(bytes: Uint8Array): Promise<readonly Bag[]> {
    const [version, content, mac] = Asn1.read(bytes).items()
    if (version === undefined || content === undefined || version.number() !== 3) throw new Malformed('no PFX')
    if (content.at(0).oid() !== DATA) throw unsupported('a signature instead of a password')
    const safe = content.at(1).at(0).octets()
    if (mac !== undefined) await this.#checkIntegrity(mac, safe)
    for (const part of Asn1.read(safe).items()) {
      const type = part.at(0).oid()
      if (type === DATA) await this.#readBags(Asn1.read(part.at(1).at(0).octets()), 0)
      else if (type === ENCRYPTED_DATA) await this.#readEncrypted(part.at(1).at(0))
      else throw unsupported(`content ${type}`)
    }
    return this.#bags
  }

  async #checkIntegrity(mac: Asn1, safe: Buffer): Promise<void> {
    const hash = HASHES.get(mac.at(0).at(0).at(0).oid())
    if (hash === undefined) throw unsupported(`integrity ${mac.at(0).at(0).at(0).oid()}`)
    const [, salt, rounds] = mac.items()
    if (salt === undefined) throw new Malformed('no salt')
    const expected = mac.at(0).at(1).octets()
    // The key is derived to this length: a long one would be work without end.
    if (expected.length !== digestLengthOf(hash)) throw new Malformed('no digest')
    const iterations = this.#work.spend(rounds?.number() ?? 1)
    const { password } = this.#request
    const forms = password === undefined || password === '' ? ['', undefined] : [password]
    for (const form of forms) {
      const derivation = { hash, purpose: PURPOSE.mac, password: form, salt: salt.octets(), iterations }
      const key = await derivePkcs12(derivation, expected.length)
      const found = createHmac(hash, key).update(safe).digest()
      if (!timingSafeEqual(found, expected)) continue
      this.#password = form
      this.#isVerified = true
      return
    }
    throw password === undefined ? this.#needsPassword() : this.#wrongPassword()
  }

  async #readEncrypted(data: Asn1): Promise<void> {
    const info = data.at(1)
    const text = info.items()[2]
    if (text === undefined) throw new Malformed('nothing encrypted')
    const plain = await decryptWithPassword(info.at(1), text.octets(), this.#password, this.#work)
    if (plain === undefined) throw this.#request.password === undefined ? this.#needsPassword() : this.#wrongPassword()
    this.#isVerified = true
    await this.#readBags(Asn1.read(plain), 0)
  }

  async #readBags(bags: Asn1, depth: number): Promise<void> {
    for (const bag of bags.items()) {
      if (this.#bags.length >= MAX_STORE_ENTRIES) {
        throw new UnreadableStore('file', `has more than ${MAX_STORE_ENTRIES} entries`, 'split it')
      }
      const oid = bag.at(0).oid()
      const kind = oid.startsWith(BAG) ? oid.slice(BAG.length) : ''
      const value = bag.at(1).at(0)
      // A safe within a safe: nobody nests them deeper.
      if (kind === '6' && depth < 4) await this.#readBags(value, depth + 1)
      else if (kind === '1' || kind === '2' || kind === '3') await this.#take(kind, value, readAttributes(bag))
    }
  }

  async #take(
    kind: '1' | '2' | '3',
    value: Asn1,
    names: { readonly alias: string | undefined; readonly keyId: string | undefined },
  ): Promise<void> {
    if (kind === '3') {
      if (value.at(0).oid() !== X509_CERTIFICATE) return
      this.#bags.push({ ...names, certificate: toCertificate(value.at(1).at(0).octets()), privateKey: undefined })
    } else {
      this.#bags.push({ ...names, certificate: undefined, privateKey: await this.#openKey(kind, value, names.alias) })
    }
  }

  async #openKey(kind: '1' | '2', value: Asn1, alias: string | undefined): Promise<KeyObject | 'closed'> {
    if (!this.#request.withKeys) return 'closed'
    const der =
      kind === '1'
        ? value.encoded()
        : await decryptWithPassword(value.at(0), value.at(1).octets(), this.#password, this.#work)
    const key = der === undefined ? undefined : toPrivateKey(der)
    if (key !== undefined) {
      if (kind === '2') this.#isVerified = true
      return key
    }
    const { file, password } = this.#request
    if (password === undefined) throw this.#needsPassword()
    if (!this.#isVerified) throw this.#wrongPassword()
    throw new UnreadableStore(
      'password',
      `opens the store, but not the key \`${alias ?? 'without a name'}\` in it`,
      `give the key the password of the store: \`keytool -keypasswd -keystore ${file} -alias ${alias ?? '1'}\``,
    )
  }

  #wrongPassword(): UnreadableStore {
    const help = `see what \`openssl pkcs12 -in ${this.#request.file} -noout\` says to the password, and copy the file again if it is right`
    return new UnreadableStore('password', 'does not open the store', help)
  }

  #needsPassword(): UnreadableStore {
    return new UnreadableStore('file', 'needs a password', PASSWORD_HELP)
  }
}

function readAttributes(bag: Asn1): Pick<Bag, 'alias' | 'keyId'> {
  let alias: string | undefined
  let keyId: string | undefined
  for (const attribute of bag.items()[2]?.items() ?? []) {
    const oid = attribute.at(0).oid()
    if (oid === FRIENDLY_NAME) alias = attribute.at(1).at(0).text()
    else if (oid === LOCAL_KEY_ID) keyId = attribute.at(1).at(0).octets().toString('hex')
  }
  return { alias: alias === '' ? undefined : alias, keyId }
}

/** Puts keys and their certificates together; certificates that belong to no key's chain are entries of their own. */
function toEntries(bags: readonly Bag[], withKeys: boolean): readonly StoreEntry[] {
  const certificates = bags.flatMap(({ certificate }) => certificate ?? [])
  const used = new Set<X509Certificate>()
  const entries: StoreEntry[] = []
  let unnamed = 0
  const nameOf = (alias: string | undefined): string => alias ?? String(++unnamed)
  for (const { privateKey, keyId, alias } of bags) {
    if (privateKey === undefined) continue
    const leaf = bags.find(bag => bag.certificate !== undefined && isOf(bag, privateKey, keyId))?.certificate
    const chain = leaf === undefined ? [] : chainOf(leaf, certificates)
    for (const certificate of chain) used.add(certificate)
    const key = privateKey === 'closed' || !withKeys ? undefined : privateKey
    entries.push({ alias: nameOf(alias), privateKey: key, certificates: chain.map(({ raw }) => toPem(raw)) })
  }
  for (const { certificate, alias } of bags) {
    // What has a name of its own is an entry, also where a key's chain leads over it.
    if (certificate === undefined || (used.has(certificate) && (alias === undefined || isNamed(entries, alias))))
      continue
    entries.push({ alias: nameOf(alias), privateKey: undefined, certificates: [toPem(certificate.raw)] })
  }
  return entries
}

function isNamed(entries: readonly StoreEntry[], alias: string): boolean {
  return entries.some(entry => entry.alias === alias)
}

function isOf(bag: Bag, key: KeyObject | 'closed', keyId: string | undefined): boolean {
  if (key === 'closed' || keyId !== undefined) return keyId !== undefined && bag.keyId === keyId
  return bag.certificate?.checkPrivateKey(key) === true
}

function chainOf(leaf: X509Certificate, certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain = [leaf]
  for (let last = leaf; chain.length < MAX_CHAIN; ) {
    const issuer = certificates.find(each => !chain.includes(each) && last.checkIssued(each))
    if (issuer === undefined) break
    chain.push(issuer)
    last = issuer
  }
  return chain
}

function toCertificate(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch {
    throw new Malformed('a certificate that is none')
  }
}

function digestLengthOf(name: Pkcs12Hash): number {
  return createHash(name).digest().length
}

function toPrivateKey(der: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}
