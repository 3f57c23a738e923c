import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { KeystoreSettings, SigningAlgorithm } from '../settings/model.ts'
import { toFileName } from '../state/file-name.ts'
import type { Store } from '../state/store.ts'
import { refuseKey } from './refuse-key.ts'

type GeneratedKeystore = Extract<KeystoreSettings, { readonly type: 'generated' }>

/** Bits of a generated RSA key: what RFC 7518 section 3.3 asks for at least, and quick enough for a first start. */
const RSA_BITS = 2048

/**
 * Opens the key of a `generated` key store: what is kept under `state_dir`, or, where it may be made, a new one that is kept
 * before it is used. Of two processes that start at once, the first one's key stands. A kept key that cannot be read is never
 * replaced: the operator decides whether the tokens it signed are to die.
 */
export async function openGeneratedKey(
  keystore: GeneratedKeystore,
  alias: string,
  parts: { readonly store: Store; readonly mayGenerate: boolean },
): Promise<Result<KeyObject | undefined, Finding>> {
  if (alias !== keystore.alias) {
    const message = `keystore \`${keystore.name}\` has no key \`${alias}\` (it makes \`${keystore.alias}\`)`
    return refuseKey('config.reference', message, keystore.pointer)
  }
  const name = toFileName('signing-key', [keystore.name, alias], '.pem')
  const kept = await readKept(parts.store, name, keystore)
  if (!kept.ok || kept.value !== undefined || !parts.mayGenerate) return kept

  const privateKey = await generatePrivateKey(keystore.algorithm)
  const created = await parts.store.create(name, String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  if (!created.ok)
    return refuseKey('config.unusable', `a signing key cannot be kept: ${created.error.message}`, keystore.pointer)
  return created.value ? ok(privateKey) : readKept(parts.store, name, keystore)
}

async function readKept(
  store: Store,
  name: string,
  keystore: GeneratedKeystore,
): Promise<Result<KeyObject | undefined, Finding>> {
  const read = await store.read(name)
  if (!read.ok) return refuseKey('config.unusable', read.error.message, keystore.pointer)
  if (read.value === undefined) return ok(undefined)
  try {
    return ok(createPrivateKey({ key: Buffer.from(read.value), format: 'pem' }))
  } catch {
    const message = `\`${name}\` under \`state_dir\` holds no usable private key; restore it, or remove it to have a new one made`
    return refuseKey('config.secret', message, keystore.pointer)
  }
}

/** Makes a private key for an algorithm, off the event loop. */
export function generatePrivateKey(algorithm: SigningAlgorithm): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _publicKey: KeyObject, privateKey: KeyObject): void => {
      if (error === null) resolve(privateKey)
      else reject(error)
    }
    if (algorithm === 'ES256') generateKeyPair('ec', { namedCurve: 'P-256' }, done)
    else if (algorithm === 'EdDSA') generateKeyPair('ed25519', {}, done)
    else generateKeyPair('rsa', { modulusLength: RSA_BITS }, done)
  })
}
