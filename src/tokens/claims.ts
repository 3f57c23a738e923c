import type { JsonObject, JsonValue } from './jwt.ts'

/**
 * Looks a claim up (product.md 4.5): a claim of exactly this name wins; else a name with dots is a path through objects.
 * Own members only, no array indices. Undefined where there is none.
 */
export function claimAt(claims: JsonObject, name: string): JsonValue | undefined {
  if (Object.hasOwn(claims, name)) return claims[name]
  if (!name.includes('.')) return undefined
  let value: JsonValue | undefined = claims
  for (const step of name.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined
    value = value[step]
  }
  return value
}

/**
 * Lists the scopes of a token: `scope` and `scp` together, each a list of strings or one string with spaces (RFC 8693
 * section 4.2, RFC 6749 section 3.3). Anything else in them is no scope.
 */
export function scopesOf(claims: JsonObject): readonly string[] {
  const scopes = new Set<string>()
  for (const claim of [claims['scope'], claims['scp']]) for (const scope of wordsOf(claim)) scopes.add(scope)
  return [...scopes]
}

/** Reads `aud` (RFC 7519 section 4.1.3) as a list; undefined where it is neither a string nor a list of strings. */
export function audienceOf(aud: JsonValue): readonly string[] | undefined {
  if (typeof aud === 'string') return [aud]
  return isList(aud) && aud.every(value => typeof value === 'string') ? aud : undefined
}

function wordsOf(claim: JsonValue | undefined): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ').filter(word => word !== '')
  return claim !== undefined && isList(claim) ? claim.filter(word => typeof word === 'string') : []
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
