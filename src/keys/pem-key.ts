import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { KeystoreSettings } from '../settings/model.ts'
import { refuseKey } from './refuse-key.ts'

type PemKeystore = Extract<KeystoreSettings, { readonly type: 'pem' }>

/**
 * Reads the private key of one entry of a PEM key store, and checks it against the entry's certificate where there is one.
 * Findings name the entry and the file; OpenSSL's words are left out, for they can quote what was read.
 */
export async function readPemKey(
  keystore: PemKeystore,
  alias: string,
  readFile: (path: string) => Promise<string>,
): Promise<Result<KeyObject, Finding>> {
  const entry = keystore.entries.find(candidate => candidate.alias === alias)
  if (entry === undefined) {
    return refuseKey('config.reference', `keystore \`${keystore.name}\` has no key \`${alias}\``, keystore.pointer)
  }
  const privateText = await readText(entry.privateKeyFile, readFile)
  if (privateText === undefined) return cannotRead(entry.privateKeyFile, entry.pointer)
  const privateKey = parsePrivateKey(privateText)
  if (privateKey === undefined) {
    const message = `\`${entry.privateKeyFile}\` holds no usable private key in PEM form (keys with a passphrase are not supported)`
    return refuseKey('config.secret', message, entry.pointer)
  }
  if (entry.certificateFile === undefined) return ok(privateKey)

  const certificateText = await readText(entry.certificateFile, readFile)
  if (certificateText === undefined) return cannotRead(entry.certificateFile, entry.pointer)
  if (!certifies(certificateText, privateKey)) {
    const message = `certificate \`${entry.certificateFile}\` does not belong to private key \`${entry.privateKeyFile}\``
    return refuseKey('config.secret', message, entry.pointer)
  }
  return ok(privateKey)
}

async function readText(path: string, readFile: (path: string) => Promise<string>): Promise<string | undefined> {
  try {
    return await readFile(path)
  } catch {
    return undefined
  }
}

function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: 'pem' })
  } catch {
    return undefined
  }
}

function certifies(certificatePem: string, privateKey: KeyObject): boolean {
  try {
    return new X509Certificate(certificatePem).publicKey.equals(createPublicKey(privateKey))
  } catch {
    return false
  }
}

function cannotRead(path: string, pointer: string): Result<never, Finding> {
  return refuseKey('config.file', `\`${path}\` cannot be read`, pointer)
}
