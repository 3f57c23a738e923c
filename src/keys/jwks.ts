import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Result } from '../errors/denial.ts'
import { algorithmsForKey } from './algorithms-for-key.ts'
import { type KeyMaterial, thumbprintOf } from './verification-key.ts'

/** What became of a key set: the keys that can be used, and for each other one a few words why not. */
export interface ImportedKeys {
  readonly keys: readonly KeyMaterial[]
  readonly dropped: readonly DroppedKey[]
}

export interface DroppedKey {
  /** Position in the set; undefined where the document is no key set at all. */
  readonly index: number | undefined
  readonly reason: string
}

/** More keys than any issuer has; the rest is dropped, so that a hostile set cannot hold up the gateway. */
const MOST_KEYS = 256
/** Members of private and shared keys (RFC 7518 section 6): whoever publishes one has lost that key. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const PUBLIC_MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['n', 'e']],
  ['EC', ['crv', 'x', 'y']],
  ['OKP', ['crv', 'x']],
])

/**
 * Imports a JWK Set (RFC 7517 section 5) that was parsed from JSON. Never throws: a key that is private, weak, malformed,
 * of an unknown kind or there twice is dropped by itself, and the others stay.
 */
export function importJwks(document: unknown): ImportedKeys {
  const list = isRecord(document) ? document['keys'] : undefined
  if (!Array.isArray(list)) return { keys: [], dropped: [{ index: undefined, reason: 'not a key set' }] }
  const keys = new Map<string, KeyMaterial>()
  const dropped: DroppedKey[] = []
  for (const [index, jwk] of list.entries()) {
    if (index >= MOST_KEYS) {
      dropped.push({ index, reason: 'too many keys' })
      break
    }
    const imported = importJwk(jwk)
    if (!imported.ok) dropped.push({ index, reason: imported.error })
    else if (keys.has(identityOf(imported.value))) dropped.push({ index, reason: 'duplicate' })
    else keys.set(identityOf(imported.value), imported.value)
  }
  return { keys: [...keys.values()], dropped }
}

/** Names what makes two keys the same one: thumbprint, `kid` and algorithms. */
export function identityOf(key: KeyMaterial): string {
  return JSON.stringify([key.thumbprint, key.kid, ...key.algorithms])
}

function importJwk(jwk: unknown): Result<KeyMaterial, string> {
  if (!isRecord(jwk)) return { ok: false, error: 'not an object' }
  const { kid } = jwk
  if (kid !== undefined && typeof kid !== 'string') return { ok: false, error: 'kid is not a string' }
  const key = importPublicKey(jwk)
  if (!key.ok) return key
  const algorithms = algorithmsForKey(key.value, { alg: jwk['alg'], use: jwk['use'], keyOps: jwk['key_ops'] })
  if (!algorithms.ok) return algorithms
  return {
    ok: true,
    value: { kid, key: key.value, algorithms: algorithms.value, thumbprint: thumbprintOf(key.value) },
  }
}

function importPublicKey(jwk: Readonly<Record<string, unknown>>): Result<KeyObject, string> {
  const { kty } = jwk
  if (kty === 'oct') return { ok: false, error: 'shared secret' }
  if (PRIVATE_MEMBERS.some(name => Object.hasOwn(jwk, name))) return { ok: false, error: 'private key' }
  const members = typeof kty === 'string' ? PUBLIC_MEMBERS.get(kty) : undefined
  if (typeof kty !== 'string' || members === undefined) return { ok: false, error: 'key type not supported' }
  const certified = importFirstCertificate(jwk['x5c'])
  if (certified?.ok === false) return certified
  if (certified !== undefined && members.every(name => jwk[name] === undefined)) {
    return isOfType(certified.value, kty) ? certified : { ok: false, error: 'certificate of another type' }
  }
  const bare = importMembers(jwk, kty, members)
  if (bare.ok && certified !== undefined && !certified.value.equals(bare.value))
    return { ok: false, error: 'certificate of another key' }
  return bare
}

function importMembers(
  jwk: Readonly<Record<string, unknown>>,
  kty: string,
  members: readonly string[],
): Result<KeyObject, string> {
  const bare: Record<string, string> = { kty }
  for (const name of members) {
    const value = jwk[name]
    if (typeof value !== 'string' || value === '') return { ok: false, error: 'malformed' }
    bare[name] = value
  }
  try {
    return { ok: true, value: createPublicKey({ key: bare, format: 'jwk' }) }
  } catch {
    return { ok: false, error: 'malformed' }
  }
}

/** Reads the key of the first certificate of `x5c` (RFC 7517 section 4.7: base64, not base64url, of DER); undefined where there is no chain. */
function importFirstCertificate(x5c: unknown): Result<KeyObject, string> | undefined {
  if (!Array.isArray(x5c) || x5c.length === 0) return undefined
  const first: unknown = x5c[0]
  if (typeof first !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(first))
    return { ok: false, error: 'malformed certificate' }
  try {
    return { ok: true, value: new X509Certificate(Buffer.from(first, 'base64')).publicKey }
  } catch {
    return { ok: false, error: 'malformed certificate' }
  }
}

function isOfType(key: KeyObject, kty: string): boolean {
  const type = key.asymmetricKeyType ?? ''
  return kty === 'OKP' ? /^ed/.test(type) : type.startsWith(kty.toLowerCase())
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
