import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { basename } from 'node:path'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { KeystoreSettings, Secret, TruststoreSettings } from '../settings/model.ts'
import { refuseKey } from './refuse-key.ts'
import { PASSWORD_HELP, type StoreEntry, UnreadableStore } from './store-contents.ts'

type PemKeystore = Extract<KeystoreSettings, { readonly type: 'pem' }>
type PemTruststore = Extract<TruststoreSettings, { readonly type: 'pem' }>
type ReadBytes = (path: string) => Promise<Uint8Array>

/** Certificates in a text, whatever stands between them. */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/g
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END ENCRYPTED PRIVATE KEY-----/

/**
 * Reads the entries of a PEM keystore, and checks each private key against its certificate. Findings name the entry and its files;
 * OpenSSL's words are left out, for they can quote what was read.
 */
export async function readPemKeystore(
  store: PemKeystore,
  readBytes: ReadBytes,
): Promise<Result<readonly StoreEntry[], readonly Finding[]>> {
  return collect(await Promise.all(store.entries.map(entry => readKeyEntry(entry, readBytes))))
}

/** Reads the entries of a PEM truststore: every certificate of each file. */
export async function readPemTruststore(
  store: PemTruststore,
  readBytes: ReadBytes,
): Promise<Result<readonly StoreEntry[], readonly Finding[]>> {
  return collect(
    await Promise.all(
      store.entries.map(async ({ alias, certificateFile, pointer }): Promise<Result<StoreEntry, Finding>> => {
        const certificates = await readCertificates(certificateFile, `${pointer}/certificate`, readBytes)
        return certificates.ok ? ok({ alias, privateKey: undefined, certificates: certificates.value }) : certificates
      }),
    ),
  )
}

function collect(read: readonly Result<StoreEntry, Finding>[]): Result<readonly StoreEntry[], readonly Finding[]> {
  const findings = read.flatMap(each => (each.ok ? [] : [each.error]))
  return findings.length > 0 ? { ok: false, error: findings } : ok(read.flatMap(each => (each.ok ? [each.value] : [])))
}

async function readKeyEntry(
  entry: PemKeystore['entries'][number],
  readBytes: ReadBytes,
): Promise<Result<StoreEntry, Finding>> {
  const { alias, privateKeyFile, certificateFile, password, pointer } = entry
  const place = `${pointer}/private_key`
  const text = await readText(privateKeyFile, readBytes)
  if (text === undefined) return refuseKey('config.file', `\`${privateKeyFile}\` cannot be read`, place)
  const key = await openPrivateKey(text, privateKeyFile, password, pointer)
  if (!key.ok || certificateFile === undefined) {
    return key.ok ? ok({ alias, privateKey: key.value, certificates: [] }) : key
  }
  const certificates = await readCertificates(certificateFile, `${pointer}/certificate`, readBytes)
  if (!certificates.ok) return certificates
  const [leaf] = certificates.value
  if (leaf === undefined || !new X509Certificate(leaf).checkPrivateKey(key.value)) {
    const message = `certificate \`${certificateFile}\` does not belong to private key \`${privateKeyFile}\``
    return refuseKey('config.secret', message, `${pointer}/certificate`)
  }
  return ok({ alias, privateKey: key.value, certificates: certificates.value })
}

async function readCertificates(
  file: string,
  pointer: string,
  readBytes: ReadBytes,
): Promise<Result<readonly string[], Finding>> {
  const text = await readText(file, readBytes)
  if (text === undefined) return refuseKey('config.file', `\`${file}\` cannot be read`, pointer)
  try {
    const certificates = (text.match(CERTIFICATE) ?? []).map(pem => new X509Certificate(pem).toString())
    if (certificates.length > 0) return ok(certificates)
  } catch {
    // Said below, without OpenSSL's words.
  }
  return refuseKey('config.file', `\`${file}\` is no certificate in PEM form`, pointer)
}

async function readText(file: string, readBytes: ReadBytes): Promise<string | undefined> {
  try {
    return Buffer.from(await readBytes(file)).toString('utf8')
  } catch {
    return undefined
  }
}

/** Opens a private key in PEM: as it is, or under a password (PKCS#8, or OpenSSL's older way). */
async function openPrivateKey(
  pem: string,
  file: string,
  password: Secret | undefined,
  pointer: string,
): Promise<Result<KeyObject, Finding>> {
  const sealed = ENCRYPTED_KEY.exec(pem)?.[1]
  const isSealed = sealed !== undefined || /^Proc-Type: 4,ENCRYPTED/m.test(pem)
  if (isSealed && password === undefined) {
    const message = `private key \`${file}\` is encrypted, and there is no password for it`
    return refuse('config.secret', message, `${pointer}/private_key`, PASSWORD_HELP)
  }
  try {
    const key =
      sealed === undefined
        ? createPrivateKey({ key: pem, format: 'pem', ...(password && { passphrase: password.reveal() }) })
        : await decryptKey(Buffer.from(sealed, 'base64'), password?.reveal() ?? '')
    if (key !== undefined) return ok(key)
  } catch (error) {
    if (error instanceof UnreadableStore) {
      return refuse('config.file', `\`${file}\` ${error.problem.message}`, `${pointer}/private_key`, error.problem.help)
    }
    // Said below, without OpenSSL's words.
  }
  if (!isSealed) {
    return refuseKey('config.secret', `\`${file}\` holds no usable private key in PEM form`, `${pointer}/private_key`)
  }
  const help = `try it with \`openssl pkey -in ${basename(file)} -noout\``
  return refuse('config.secret', `the password does not open private key \`${file}\``, `${pointer}/password`, help)
}

async function decryptKey(der: Buffer, password: string): Promise<KeyObject | undefined> {
  const { Asn1 } = await import('./asn1.ts')
  const { decryptWithPassword, DerivationWork } = await import('./password-encryption.ts')
  const sealed = Asn1.read(der)
  const plain = await decryptWithPassword(sealed.at(0), sealed.at(1).octets(), password, new DerivationWork())
  return plain && createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
}

function refuse(code: Finding['code'], message: string, pointer: string, help: string): Result<never, Finding> {
  return { ok: false, error: { code, severity: 'error', message, pointer, help } }
}
