/**
 * The gateway's own signing keys: what an issuer signs with and what it publishes. A private key leaves this module only as a
 * `KeyObject`, never as text; what is published is built from named public members, never by removing private ones.
 * Called by `snapshot` (issuers) and by `microgateway token`.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { KeystoreSettings, SigningAlgorithm, TokenGeneratorSettings } from '../settings/model.ts'
import type { Store } from '../state/store.ts'
import { openGeneratedKey } from './generated-key.ts'
import { refuseKey } from './refuse-key.ts'
import { nameRsaWeakness } from './rsa-strength.ts'
import type { Stores } from './stores.ts'
import { createVerificationKey, type HeldKey, thumbprintOf } from './verification-key.ts'

/** A public key as it is published (RFC 7517): the members of its type, `kid`, `use: sig`, `alg`. Never a private member. */
export interface PublicJwk {
  readonly kty: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: SigningAlgorithm
  readonly [member: string]: string
}

/** One key that signs, with everything others need to verify. */
export interface SigningKey {
  /** RFC 7638 thumbprint: a key made anew under an old alias is never mistaken for its predecessor. */
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly privateKey: KeyObject
  readonly publicJwk: PublicJwk
  /** The same key for our own verification of tokens that come back. Whoever stops signing with it retires it. */
  readonly verificationKey: HeldKey
}

export interface SigningKeyParts {
  readonly store: Store
  /** The open stores of the same settings. */
  readonly stores: Stores
  /** Whether a missing generated key may be made (`start`) or not (`check`, `token`). */
  readonly mayGenerate: boolean
}

/**
 * Opens the key that an auth server's `tokenGeneratorConfig` names. The value is undefined only where a generated key does not
 * exist yet and may not be made. Problems come as findings at the key store (or its entry), never with key material.
 */
export async function openSigningKey(
  generator: TokenGeneratorSettings,
  keystores: readonly KeystoreSettings[],
  parts: SigningKeyParts,
): Promise<Result<SigningKey | undefined, Finding>> {
  const keystore = keystores.find(({ name }) => name === generator.keystore)
  if (keystore === undefined) return refuseKey('config.reference', `no keystore \`${generator.keystore}\``, '')
  const opened =
    keystore.type === 'generated'
      ? await openGeneratedKey(keystore, generator.keyAlias ?? keystore.alias, parts)
      : lookUp(generator, parts.stores)
  if (!opened.ok) return opened
  if (opened.value === undefined) return ok(undefined)
  const unsuitable = whyUnsuitable(opened.value, generator.algorithm)
  if (unsuitable !== undefined) {
    const message = `key \`${generator.keyAlias ?? 'without alias'}\` of keystore \`${keystore.name}\` cannot sign ${generator.algorithm}: ${unsuitable}`
    return refuseKey('config.secret', message, keystore.pointer)
  }
  return ok(toSigningKey(opened.value, generator.algorithm))
}

function lookUp(
  { keystore, keyAlias }: TokenGeneratorSettings,
  stores: Stores,
): Result<KeyObject | undefined, Finding> {
  const entry = stores.entry(keystore, keyAlias)
  return entry.ok ? ok(entry.value.privateKey) : entry
}

/** Tells why a private key cannot sign with an algorithm (RFC 7518 section 3: type, curve, at least 2048 bits), or undefined. */
function whyUnsuitable(privateKey: KeyObject, algorithm: SigningAlgorithm): string | undefined {
  const type = privateKey.asymmetricKeyType
  if (algorithm === 'EdDSA') return type === 'ed25519' ? undefined : 'it is no Ed25519 key'
  if (algorithm === 'ES256') {
    const curve = privateKey.asymmetricKeyDetails?.namedCurve
    return type === 'ec' && curve === 'prime256v1' ? undefined : 'it is no P-256 key'
  }
  return type === 'rsa' ? nameRsaWeakness(createPublicKey(privateKey)) : 'it is no RSA key'
}

/** Derives what is published and what verifies from a private key that suits the algorithm. */
export function toSigningKey(privateKey: KeyObject, algorithm: SigningAlgorithm): SigningKey {
  const publicKey = createPublicKey(privateKey)
  const kid = thumbprintOf(publicKey)
  return {
    kid,
    algorithm,
    privateKey,
    publicJwk: { ...publicMembers(publicKey), kid, use: 'sig', alg: algorithm },
    verificationKey: createVerificationKey({ kid, key: publicKey, algorithms: new Set([algorithm]), thumbprint: kid }),
  }
}

/** The members that make a public key of its type (RFC 7518 section 6, RFC 8037 section 2), by name: whatever else there is stays. */
function publicMembers(publicKey: KeyObject): { readonly kty: string; readonly [member: string]: string } {
  const { kty = '', crv, e, n, x, y } = publicKey.export({ format: 'jwk' })
  const members: { kty: string; [member: string]: string } = { kty }
  for (const [name, value] of Object.entries({ crv, e, n, x, y })) if (value !== undefined) members[name] = value
  return members
}
