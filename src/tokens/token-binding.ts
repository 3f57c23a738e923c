import { deny, ok, type Result } from '../errors/denial.ts'
import { decodeBase64url } from './base64url.ts'
import type { JsonObject, JsonValue } from './jwt.ts'

/** Whom a token is bound to (`cnf`, RFC 7800 section 3.1): a caller must prove to be that one, besides having the token. */
export interface TokenBinding {
  /** Thumbprint of the key that DPoP proofs are made with (RFC 9449 section 6.1). */
  readonly jkt: string | undefined
  /** SHA-256 of the client certificate's DER form in base64url (RFC 8705 section 3.1). */
  readonly x5tS256: string | undefined
}

/** A token without `cnf` is its bearer's. */
export const UNBOUND: TokenBinding = Object.freeze({ jkt: undefined, x5tS256: undefined })

/** Octets of SHA-256. */
const DIGEST_OCTETS = 32

/**
 * Reads `cnf` of verified claims, or of an introspection's answer (RFC 8705 section 3.2, RFC 9449 section 6.2). Members that are known
 * count, each for itself; others beside them are ignored. A `cnf` with none that is known binds the token to something that cannot be
 * checked here, so the token is refused, and so is one that is malformed, or whose `token_type` says `DPoP` and that names no key.
 */
export function readBinding(claims: JsonObject): Result<TokenBinding> {
  const { cnf, token_type: type } = claims
  const isDpop = typeof type === 'string' && type.toLowerCase() === 'dpop'
  if (!Object.hasOwn(claims, 'cnf')) return isDpop ? invalid('none, and the token is of type DPoP') : NOT_BOUND
  if (!isObject(cnf)) return invalid('not an object')
  const hasKey = Object.hasOwn(cnf, 'jkt')
  if (isDpop && !hasKey) return invalid('no jkt, and the token is of type DPoP')
  const hasCertificate = Object.hasOwn(cnf, 'x5t#S256')
  if (!hasKey && !hasCertificate) return invalid('no confirmation method that is known here')
  const { jkt, 'x5t#S256': x5tS256 } = cnf
  if (hasKey && !isDigest(jkt)) return invalid('jkt')
  if (hasCertificate && !isDigest(x5tS256))
    return deny('token.certificate_mismatch', { reason: 'x5t#S256 is no digest' })
  return ok({ jkt: isDigest(jkt) ? jkt : undefined, x5tS256: isDigest(x5tS256) ? x5tS256 : undefined })
}

const NOT_BOUND = ok(UNBOUND)

function isDigest(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && decodeBase64url(value)?.length === DIGEST_OCTETS
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(reason: string): ReturnType<typeof deny> {
  return deny('token.claim_invalid', { claim: 'cnf', reason })
}
