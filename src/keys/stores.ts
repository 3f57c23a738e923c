/**
 * Key and trust stores of every kind behind one face: PEM files, PKCS#12, JKS. They are opened once for a snapshot and for `check`, off
 * the request path; what a snapshot uses of them is remembered, so that somebody can look after its dates. Contents and passwords
 * never leave in a message. Called by `snapshot`; `server`, `outgoing-tls.ts` and `signing-key.ts` look entries up.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { basename } from 'node:path'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { KeystoreSettings, Settings, StoreFileSettings, TruststoreSettings } from '../settings/model.ts'
import type { CertificateInUse, CertificateUse } from './certificate-in-use.ts'
import { readPemKeystore, readPemTruststore } from './pem-store.ts'
import { MAX_STORE_BYTES, type StoreContents, type StoreEntry } from './store-contents.ts'

export type { StoreEntry } from './store-contents.ts'

/** Who looks an entry up. */
export interface Lookup {
  /** The place that names the entry: findings point there. By default the store. */
  readonly pointer?: string
  /** What its certificates are for; where it is given, their dates are looked after. */
  readonly use?: CertificateUse
}

/** The stores of some settings, open. A look-up never throws. */
export interface Stores {
  /** Finds an entry with a private key; without alias the only one. Aliases of files differ in more than upper and lower case. */
  entry(keystore: string, alias: string | undefined, lookup?: Lookup): Result<StoreEntry, Finding>
  /** Finds the certificates (PEM) of one entry, leaf first, or without alias every one that is to be trusted. */
  trusted(truststore: string, alias?: string, lookup?: Lookup): Result<readonly string[], Finding>
  /** The certificates that were looked up for a use so far. */
  inUse(): readonly CertificateInUse[]
}

/** Keeps what was read for as long as somebody needs it; a page of the ledger is one. */
export interface StoreCache {
  borrow<T extends { close(): Promise<void> }>(key: string, make: () => T): T
}

export interface StoreParts {
  /** Reads a whole file; rejects with the system's error where it cannot. */
  readonly readBytes: (path: string) => Promise<Uint8Array>
  /** Spares a reload the key derivation of files that have not changed. */
  readonly cache?: StoreCache
}

/** An open store, or that it has nothing to look up in. */
interface OpenStore {
  readonly noun: 'keystore' | 'truststore'
  readonly settings: KeystoreSettings | TruststoreSettings
  readonly entries: readonly StoreEntry[]
}

/** Opens every store. All problems come at once, each at the setting to blame, with what to do. */
export async function openStores(
  settings: Pick<Settings, 'keystores' | 'truststores'>,
  parts: StoreParts,
): Promise<Result<Stores, readonly Finding[]>> {
  const findings: Finding[] = []
  const keystores = new Map<string, OpenStore>()
  for (const store of settings.keystores) {
    const read = await readKeystore(store, parts)
    if (read.ok) keystores.set(store.name, { noun: 'keystore', settings: store, entries: read.value })
    else findings.push(...read.error)
  }
  const truststores = new Map<string, OpenStore>()
  for (const store of settings.truststores) {
    const read = await readTruststore(store, parts)
    if (read.ok) truststores.set(store.name, { noun: 'truststore', settings: store, entries: read.value })
    else findings.push(...read.error)
  }
  return findings.length > 0 ? { ok: false, error: findings } : ok(new HeldStores(keystores, truststores))
}

type Entries = Result<readonly StoreEntry[], readonly Finding[]>

/** The key of a `generated` keystore is none of ours (`generated-key.ts`). */
async function readKeystore(store: KeystoreSettings, parts: StoreParts): Promise<Entries> {
  if (store.type === 'generated') return ok([])
  return store.type === 'pem' ? readPemKeystore(store, parts.readBytes) : readStoreFile('keystore', store, parts)
}

async function readTruststore(store: TruststoreSettings, parts: StoreParts): Promise<Entries> {
  return store.type === 'pem' ? readPemTruststore(store, parts.readBytes) : readStoreFile('truststore', store, parts)
}

async function readStoreFile(
  noun: OpenStore['noun'],
  store: StoreFileSettings,
  parts: StoreParts,
): Promise<Result<readonly StoreEntry[], readonly Finding[]>> {
  const finding = (part: 'file' | 'password', message: string, help: string): Result<never, readonly Finding[]> => ({
    ok: false,
    error: [
      {
        code: part === 'password' ? 'config.secret' : 'config.file',
        severity: 'error',
        message:
          part === 'password'
            ? `the password of ${noun} \`${store.name}\` ${message}`
            : `${noun} \`${store.name}\` ${message}`,
        pointer: `${store.pointer}/${part}`,
        help,
      },
    ],
  })
  let bytes: Uint8Array
  try {
    bytes = await parts.readBytes(store.file)
  } catch {
    return finding('file', `cannot be read: \`${store.file}\``, 'make the file readable for the gateway')
  }
  if (bytes.length > MAX_STORE_BYTES) return finding('file', 'is larger than 1 MiB', 'split it')
  const contents = await borrowContents(noun, store, bytes, parts.cache)
  return contents.ok ? contents : finding(contents.error.at, contents.error.message, contents.error.help)
}

/** The key in the ledger holds no password, and nothing that tells one from another to whoever reads the key. */
function borrowContents(
  noun: OpenStore['noun'],
  store: StoreFileSettings,
  bytes: Uint8Array,
  cache: StoreCache | undefined,
): Promise<StoreContents> {
  const read = (): Promise<StoreContents> => readContents(noun, store, bytes)
  if (cache === undefined) return read()
  const hash = createHash('sha256').update(bytes)
  hash.update(JSON.stringify([noun, store.type, store.file, store.password?.reveal()]))
  const make = () => ({ contents: read(), close: () => Promise.resolve() })
  return cache.borrow(`store ${hash.digest('hex')}`, make).contents
}

async function readContents(
  noun: OpenStore['noun'],
  store: StoreFileSettings,
  bytes: Uint8Array,
): Promise<StoreContents> {
  const request = {
    file: basename(store.file),
    password: store.password?.reveal(),
    withKeys: noun === 'keystore',
  }
  const written = formatOf(bytes)
  if (written !== undefined && written !== store.type) {
    const [is, not] = written === 'jks' ? ['JKS', 'PKCS#12'] : ['PKCS#12', 'JKS']
    return {
      ok: false,
      error: { at: 'file', message: `is ${is}, not ${not}`, help: `write \`type: ${written}\`` },
    }
  }
  const contents =
    store.type === 'jks'
      ? (await import('./jks.ts')).readJks(bytes, request)
      : await (await import('./pkcs12.ts')).readPkcs12(bytes, request)
  return contents.ok ? checkPairs(contents.value, request.file) : contents
}

/** Tells the format from the first bytes; undefined for anything else. */
function formatOf(bytes: Uint8Array): StoreFileSettings['type'] | undefined {
  if (bytes[0] === 0xfe && bytes[1] === 0xed && bytes[2] === 0xfe && bytes[3] === 0xed) return 'jks'
  return bytes[0] === 0x30 ? 'pkcs12' : undefined
}

function checkPairs(entries: readonly StoreEntry[], file: string): StoreContents {
  for (const { alias, privateKey, certificates } of entries) {
    const [leaf] = certificates
    if (privateKey === undefined || leaf === undefined || new X509Certificate(leaf).checkPrivateKey(privateKey))
      continue
    const message = `has a key \`${alias}\` and a certificate that do not belong together`
    return { ok: false, error: { at: 'file', message, help: `make \`${file}\` anew` } }
  }
  return { ok: true, value: entries }
}

class HeldStores implements Stores {
  readonly #keystores: ReadonlyMap<string, OpenStore>
  readonly #truststores: ReadonlyMap<string, OpenStore>
  readonly #inUse = new Map<string, CertificateInUse>()

  constructor(keystores: ReadonlyMap<string, OpenStore>, truststores: ReadonlyMap<string, OpenStore>) {
    this.#keystores = keystores
    this.#truststores = truststores
  }

  entry(keystore: string, alias: string | undefined, lookup: Lookup = {}): Result<StoreEntry, Finding> {
    const store = this.#keystores.get(keystore)
    if (store === undefined) return refuse(`keystore \`${keystore}\` is not defined`, lookup.pointer ?? '')
    const keys = store.entries.filter(({ privateKey }) => privateKey !== undefined)
    const found = choose(store, keys, 'key', alias, lookup)
    if (found.ok) this.#note(store, [found.value], lookup)
    return found
  }

  trusted(truststore: string, alias?: string, lookup: Lookup = {}): Result<readonly string[], Finding> {
    const store = this.#truststores.get(truststore)
    if (store === undefined) return refuse(`truststore \`${truststore}\` is not defined`, lookup.pointer ?? '')
    if (alias !== undefined) {
      const found = choose(store, store.entries, 'certificate', alias, lookup)
      if (!found.ok) return found
      this.#note(store, [found.value], lookup)
      return ok(found.value.certificates)
    }
    const certificates = store.entries.flatMap(entry => entry.certificates)
    if (certificates.length === 0) {
      const message = `truststore \`${truststore}\` has no certificate in it: nobody would be trusted`
      return refuse(message, lookup.pointer ?? store.settings.pointer)
    }
    this.#note(store, store.entries, lookup)
    return ok(certificates)
  }

  inUse(): readonly CertificateInUse[] {
    return [...this.#inUse.values()]
  }

  /** Of a chain the leaf counts: who made the chain looks after the rest. Of a bundle of authorities, each one. */
  #note({ settings, noun }: OpenStore, entries: readonly StoreEntry[], { use, pointer }: Lookup): void {
    if (use === undefined) return
    for (const { alias, certificates } of entries) {
      for (const pem of use === 'authority' ? certificates : certificates.slice(0, 1)) {
        const { validFromDate, validToDate, fingerprint256 } = new X509Certificate(pem)
        const key = JSON.stringify([noun, settings.name, alias, use, fingerprint256])
        const held = {
          store: settings.name,
          alias,
          use,
          fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
          notBeforeMs: validFromDate.getTime(),
          notAfterMs: validToDate.getTime(),
          pointer: pointer ?? settings.pointer,
        }
        if (!this.#inUse.has(key)) this.#inUse.set(key, held)
      }
    }
  }
}

/** Finds an entry by its alias, written exactly or, as Java takes it, in another case; without alias the only one. */
function choose(
  { settings, noun }: OpenStore,
  entries: readonly StoreEntry[],
  what: 'key' | 'certificate',
  alias: string | undefined,
  lookup: Lookup,
): Result<StoreEntry, Finding> {
  const pointer = lookup.pointer ?? settings.pointer
  const store = `${noun} \`${settings.name}\``
  const names = entries.map(entry => `\`${entry.alias}\``).slice(0, 10)
  if (alias === undefined) {
    const [only, second] = entries
    if (only === undefined) return refuse(`${store} has no ${what} in it`, pointer, cureFor(settings))
    if (second === undefined) return ok(only)
    const message = `${store} has ${entries.length} entries, and none is named`
    return refuse(message, pointer, `name one in \`keyAlias\`: ${names.join(', ')}`)
  }
  const lower = alias.toLowerCase()
  const alike = entries.filter(entry => entry.alias.toLowerCase() === lower)
  const exact = entries.find(entry => entry.alias === alias) ?? (alike.length === 1 ? alike[0] : undefined)
  if (exact !== undefined) return ok(exact)
  const help = names.length === 0 ? cureFor(settings) : `it has ${names.join(', ')}`
  return refuse(`${store} has no ${what} \`${alias}\``, pointer, help)
}

function cureFor(settings: OpenStore['settings']): string {
  if (settings.type !== 'pkcs12' && settings.type !== 'jks') return 'add an entry to it'
  return `\`keytool -list -keystore ${basename(settings.file)}\` tells what is in it`
}

function refuse(message: string, pointer: string, help?: string): Result<never, Finding> {
  return {
    ok: false,
    error: { code: 'config.reference', severity: 'error', message, pointer, ...(help !== undefined && { help }) },
  }
}
