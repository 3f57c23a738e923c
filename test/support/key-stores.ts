/** Key and trust stores of every kind, made at run time: by `openssl`, by Java's keytool, and, where that is missing, by hand. */
import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestCertificate } from './certificate.ts'

/** Where a store is made; gone afterwards. */
export function inFolder<T>(make: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'stores-'))
  try {
    return make(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export interface Pkcs12Plan {
  readonly alias?: string
  readonly password: string
  /** Further certificates of the chain. */
  readonly chain?: readonly string[]
  /** Further arguments of `openssl pkcs12 -export`. */
  readonly options?: readonly string[]
}

/** Makes a PKCS#12 store of one key with `openssl`. */
export function makePkcs12({ key, cert }: TestCertificate, plan: Pkcs12Plan): Buffer {
  return inFolder(folder => {
    const at = (name: string): string => join(folder, name)
    writeFileSync(at('key.pem'), key)
    writeFileSync(at('cert.pem'), cert)
    writeFileSync(at('chain.pem'), (plan.chain ?? []).join(''))
    const chain = plan.chain === undefined ? [] : ['-certfile', at('chain.pem')]
    const name = plan.alias === undefined ? [] : ['-name', plan.alias]
    const files = ['-inkey', at('key.pem'), '-in', at('cert.pem'), '-out', at('store.p12')]
    const password = ['-passout', `pass:${plan.password}`]
    run('openssl', ['pkcs12', '-export', ...files, ...chain, ...name, ...password, ...(plan.options ?? [])])
    return readFileSync(at('store.p12'))
  })
}

export interface KeytoolPlan {
  readonly type: 'PKCS12' | 'JKS'
  readonly password: string
  /** Keys to generate, by alias. */
  readonly keys?: readonly string[]
  /** Certificates to trust, by alias. */
  readonly trusted?: Readonly<Record<string, string>>
  /** Another password for the first key. */
  readonly keyPassword?: string
}

/** Tells whether Java's keytool is here. */
export function hasKeytool(): boolean {
  try {
    execFileSync('keytool', ['-help'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Makes a store with Java's keytool. */
export function makeWithKeytool(plan: KeytoolPlan): Buffer {
  return inFolder(folder => {
    const store = join(folder, 'store')
    const common = ['-keystore', store, '-storetype', plan.type, '-storepass', plan.password, '-noprompt']
    for (const [index, alias] of (plan.keys ?? []).entries()) {
      const keypass = index === 0 && plan.keyPassword !== undefined ? ['-keypass', plan.keyPassword] : []
      const subject = ['-dname', `CN=${alias}`, '-ext', 'san=dns:localhost,ip:127.0.0.1', '-validity', '2']
      run('keytool', ['-genkeypair', ...common, '-alias', alias, '-keyalg', 'EC', ...keypass, ...subject])
    }
    for (const [alias, pem] of Object.entries(plan.trusted ?? {})) {
      const file = join(folder, 'trusted.pem')
      writeFileSync(file, pem)
      run('keytool', ['-importcert', ...common, '-alias', alias, '-file', file])
    }
    return readFileSync(store)
  })
}

export interface JksEntry {
  readonly alias: string
  readonly certificates: readonly string[]
  /** PEM; without it the certificate is to be trusted. */
  readonly key?: string
  readonly keyPassword?: string
}

/** Makes a JKS store by hand, as Java's `JavaKeyStore` writes it. */
export function makeJks(entries: readonly JksEntry[], password: string): Buffer {
  const parts = [number(0xfeedfeed), number(2), number(entries.length)]
  for (const { alias, certificates, key, keyPassword } of entries) {
    parts.push(number(key === undefined ? 2 : 1), text(alias), Buffer.alloc(8))
    if (key !== undefined) {
      const sealed = sealKey(key, keyPassword ?? password)
      parts.push(number(sealed.length), sealed, number(certificates.length))
    }
    for (const pem of certificates) {
      const { raw } = new X509Certificate(pem)
      parts.push(text('X.509'), number(raw.length), raw)
    }
  }
  const data = Buffer.concat(parts)
  const digest = createHash('sha1').update(utf16(password)).update('Mighty Aphrodite').update(data).digest()
  return Buffer.concat([data, digest])
}

/** Java's own key protector: SHA-1 as a stream cipher. */
function sealKey(pem: string, password: string): Buffer {
  const plain = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
  const salt = randomBytes(20)
  const sealed = Buffer.alloc(plain.length)
  let stream = salt
  for (const [i, byte] of plain.entries()) {
    if (i % 20 === 0) stream = createHash('sha1').update(utf16(password)).update(stream).digest()
    sealed[i] = byte ^ (stream[i % 20] ?? 0)
  }
  const check = createHash('sha1').update(utf16(password)).update(plain).digest()
  const octets = der(0x04, Buffer.concat([salt, sealed, check]))
  const algorithm = der(0x30, Buffer.from('060a2b060104012a021101010500', 'hex'))
  return der(0x30, Buffer.concat([algorithm, octets]))
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

function utf16(value: string): Buffer {
  return Buffer.from(value, 'utf16le').swap16()
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, [...args], { stdio: 'ignore' })
}
