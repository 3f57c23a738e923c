/** Builds tokens as `tokens` hands them on, without any signature: for the rooms that come after verification. */
import { createSecretKey } from 'node:crypto'
import type { VerificationKey } from '../../src/keys/key-source.ts'
import type { JsonObject, JsonValue, UnverifiedJwt, VerifiedJwt } from '../../src/tokens/jwt.ts'

const KEY: VerificationKey = {
  kid: 'test',
  key: createSecretKey(Buffer.alloc(32)),
  algorithms: new Set(),
  thumbprint: 'test',
  retired: false,
}

/** Copies JSON data into objects without prototype, as the strict parser makes them. */
export function toClaims(value: Readonly<Record<string, unknown>>): JsonObject {
  return bare(value) as JsonObject
}

function bare(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(value).map(([name, part]) => [name, bare(part)])),
  )
}

/** Makes a verified token of the auth server `idp`, changed as planned. `aud` in the claims becomes the audience. */
export function makeVerifiedJwt(
  claims: Readonly<Record<string, unknown>> = {},
  plan: Partial<VerifiedJwt> = {},
): VerifiedJwt {
  const { aud } = claims
  return {
    state: 'verified',
    header: { alg: 'RS256', kid: 'test', typ: undefined },
    claims: toClaims(claims),
    issuer: 'https://idp.example.com',
    authServer: 'idp',
    key: KEY,
    keyOwner: undefined,
    strategyAudience: undefined,
    audience: aud === undefined ? undefined : Array.isArray(aud) ? aud.map(String) : [String(aud)],
    expiresAtMs: Number.POSITIVE_INFINITY,
    notBeforeMs: Number.NEGATIVE_INFINITY,
    ...plan,
  }
}

/** Makes an unverified token with these claims. */
export function makeUnverifiedJwt(claims: Readonly<Record<string, unknown>>): UnverifiedJwt {
  return {
    state: 'unverified',
    compact: 'x.y.z',
    header: { alg: 'HS256', kid: undefined, typ: undefined },
    unverifiedClaims: toClaims(claims),
    issuer: 'https://idp.example.com',
  }
}
