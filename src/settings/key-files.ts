import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Finding } from '../diagnostics/problem.ts'
import { isMapping } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import { listNamedFiles, type NamedFile } from './named-files.ts'

/** Larger files are no keys, certificates or key sets. */
const MAX_FILE_BYTES = 1024 * 1024
/** RSA below this is refused (product.md 3, RFC 7518 section 3.3). */
const MIN_RSA_BITS = 2048

/** The keys that name files. */
const KEYS = { certificate: 'certificate', private_key: 'private_key', jwks: 'jwks_file', store: 'file' } as const

interface Contents {
  readonly certificate?: X509Certificate
  readonly privateKey?: KeyObject
}

/** Reads every file that is named: missing and unparsable ones are errors, what cannot be used now is a warning. */
export function checkKeyFiles(inspection: Inspection): readonly Finding[] {
  const findings: Finding[] = []
  const contents = new Map<string, Contents>()
  for (const named of listNamedFiles(inspection.document)) {
    const text = readNamedFile(named)
    if (typeof text !== 'string') {
      findings.push(text)
      continue
    }
    const judged = judgeFile(named, text, inspection.nowMs)
    findings.push(...judged.findings)
    contents.set(named.pointer, judged.contents)
  }
  return [...findings, ...checkPairs(inspection, contents)]
}

function readNamedFile(named: NamedFile): string | Finding {
  try {
    const stats = statSync(named.file)
    if (!stats.isFile()) return fileFinding(named, 'names something that is not a file')
    if (stats.size > MAX_FILE_BYTES) return fileFinding(named, 'names a file larger than 1 MiB')
    return readFileSync(named.file, 'utf8')
  } catch (error) {
    const code = isMapping(error) ? error['code'] : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return fileFinding(named, 'names a file that does not exist')
    return fileFinding(
      named,
      `names a file that cannot be read (${typeof code === 'string' ? code : 'unknown reason'})`,
    )
  }
}

function judgeFile(
  named: NamedFile,
  text: string,
  nowMs: number | undefined,
): { readonly findings: readonly Finding[]; readonly contents: Contents } {
  if (named.role === 'jwks') return { findings: judgeKeySet(named, text), contents: {} }
  // What is under a password is opened when it is used (`keys/stores.ts`): that takes time, and a running gateway has none.
  if (named.role === 'store' || (named.role === 'private_key' && isEncrypted(text)))
    return { findings: [], contents: {} }
  try {
    if (named.role === 'private_key') {
      const privateKey = createPrivateKey(text)
      return { findings: judgeStrength(named, privateKey), contents: { privateKey } }
    }
    const certificate = new X509Certificate(text)
    const findings = [...judgeStrength(named, certificate.publicKey), ...judgeDates(named, certificate, nowMs)]
    return { findings, contents: { certificate } }
  } catch {
    const wanted = named.role === 'private_key' ? 'a private key in PEM' : 'a certificate in PEM'
    return { findings: [fileFinding(named, `names a file that is not ${wanted}`)], contents: {} }
  }
}

function judgeKeySet(named: NamedFile, text: string): readonly Finding[] {
  try {
    const value: unknown = JSON.parse(text)
    const keys = isMapping(value) ? value['keys'] : undefined
    if (!Array.isArray(keys)) return [fileFinding(named, 'names a file that is not a JWK Set: it has no list `keys`')]
    return keys.length > 0 ? [] : [unusable(named, 'names a JWK Set without keys')]
  } catch {
    return [fileFinding(named, 'names a file that is not JSON')]
  }
}

function judgeStrength(named: NamedFile, key: KeyObject): readonly Finding[] {
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits === undefined || bits >= MIN_RSA_BITS) return []
  return [unusable(named, `names an RSA key of ${bits} bits: keys below ${MIN_RSA_BITS} bits are not used`)]
}

function judgeDates(named: NamedFile, certificate: X509Certificate, nowMs: number | undefined): readonly Finding[] {
  if (nowMs === undefined) return []
  if (Date.parse(certificate.validTo) < nowMs) {
    return [unusable(named, `names a certificate that expired on ${certificate.validTo}`)]
  }
  if (Date.parse(certificate.validFrom) <= nowMs) return []
  return [unusable(named, `names a certificate that is not valid before ${certificate.validFrom}`)]
}

/** A certificate must be for the key beside it. */
function checkPairs(inspection: Inspection, contents: ReadonlyMap<string, Contents>): readonly Finding[] {
  const stores = inspection.root.at('security_settings', 'keystores').items()
  return stores
    .flatMap(store => store.at('entries').items())
    .flatMap(entry => {
      const { pointer } = entry.at('certificate')
      const certificate = contents.get(pointer)?.certificate
      const key = contents.get(entry.at('private_key').pointer)?.privateKey
      if (certificate === undefined || key === undefined || certificate.checkPrivateKey(key)) return []
      return [
        {
          code: 'config.conflict' as const,
          severity: 'error' as const,
          message: `the certificate and the private key of entry \`${entry.at('alias').text ?? ''}\` do not belong together`,
          pointer,
          related: [{ pointer: entry.at('private_key').pointer, label: 'not the key of that certificate' }],
          help: 'name the key that the certificate was made for',
        },
      ]
    })
}

function fileFinding(named: NamedFile, message: string): Finding {
  const isRelative = named.written !== named.file
  const folder = isRelative ? `relative paths start from ${named.folder}` : undefined
  return {
    code: 'config.file',
    severity: 'error',
    message: `\`${KEYS[named.role]}\` ${message}`,
    pointer: named.pointer,
    ...(folder === undefined ? {} : { help: folder }),
  }
}

function unusable(named: NamedFile, message: string): Finding {
  return { ...fileFinding(named, message), code: 'config.unusable', severity: 'warning', help: 'replace it' }
}

/** Tells whether a private key in PEM is encrypted: PKCS#8, or OpenSSL's older way. */
function isEncrypted(pem: string): boolean {
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)
}
