import { deny, ok, type Result } from '../errors/denial.ts'
import { decodeBase64url, isBase64url } from './base64url.ts'
import type { JoseHeader, JsonObject, UnverifiedJwt } from './jwt.ts'
import { parseJsonObject } from './strict-json.ts'

/** A longer `kid` belongs to no issuer; it bounds what is compared and logged. */
const MOST_KID_LENGTH = 1024
/** Parameters that change how a token is read (RFC 7515 section 4.1.11, RFC 7797, RFC 7516): none is understood here. */
const REFUSED_PARAMETERS = ['crit', 'b64', 'zip', 'enc']

/**
 * Decodes a JWT in strict compact form (RFC 7515 section 7.1, RFC 7519 section 7.2), cheap checks first: size, number of
 * dots, alphabet, then the header and the claims as JSON objects. Nothing is verified: `none` and unknown algorithms are
 * decoded too, for `verify.ts` to refuse.
 */
export function decodeJwt(compact: string, maxBytes: number): Result<UnverifiedJwt> {
  const parts = decodeParts(compact, maxBytes)
  if (!parts.ok) return parts
  const { jose, claims } = parts.value
  const { iss } = claims
  const issuer = typeof iss === 'string' ? iss : undefined
  return ok({ state: 'unverified', compact, header: jose, unverifiedClaims: claims, issuer })
}

/** What stands in a JWT, with the whole of its header: for the kinds of JWT that carry more there than an access token may. */
export interface DecodedParts {
  readonly jose: JoseHeader
  readonly header: JsonObject
  readonly claims: JsonObject
}

/** Decodes like `decodeJwt`, and keeps the header. */
export function decodeParts(compact: string, maxBytes: number): Result<DecodedParts> {
  if (compact.length > maxBytes) return deny('token.too_large', { bytes: compact.length, limit: maxBytes })
  const first = compact.indexOf('.')
  const second = compact.indexOf('.', first + 1)
  if (first < 0 || second < 0 || compact.indexOf('.', second + 1) >= 0) return malformed('not three parts')
  if (!isBase64url(compact.slice(second + 1))) return malformed('not base64url')
  const header = decodeObject(compact.slice(0, first), 'header')
  if (!header.ok) return header
  const jose = readHeader(header.value)
  if (!jose.ok) return jose
  const claims = decodeObject(compact.slice(first + 1, second), 'claims')
  return claims.ok ? ok({ jose: jose.value, header: header.value, claims: claims.value }) : claims
}

function decodeObject(part: string, name: 'header' | 'claims'): Result<JsonObject> {
  const bytes = decodeBase64url(part)
  if (bytes === undefined) return malformed('not base64url')
  const object = parseJsonObject(bytes)
  return object.ok ? object : malformed(`${name}: ${object.error}`)
}

function readHeader(header: JsonObject): Result<JoseHeader> {
  for (const parameter of REFUSED_PARAMETERS)
    if (parameter in header) return deny('token.critical_unknown', { parameter })
  const { alg, kid, typ } = header
  if (typeof alg !== 'string') return malformed('header: alg')
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MOST_KID_LENGTH)) return malformed('header: kid')
  if (typ !== undefined && typeof typ !== 'string') return malformed('header: typ')
  return ok({ alg, kid, typ })
}

function malformed(reason: string): ReturnType<typeof deny> {
  return deny('token.malformed', { reason })
}
