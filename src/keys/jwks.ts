import { createPublicKey, type KeyObject } from 'node:crypto'
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
  if (members === undefined) return { ok: false, error: 'key type not supported' }
  const bare: Record<string, string> = { kty: kty as string }
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
