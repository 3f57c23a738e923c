/**
 * The catalogue of every way a request can fail. A code is `area.fact`, never renamed, never reused.
 * Here is no text for one request, no I/O and no Node.js type. `docs/ERRORS.md` has one heading a code (a test compares both ways).
 */

/** Who has to act: the caller, the operator of this gateway, the operator of an auth server, the operator of the upstream. */
export type Side = 'caller' | 'gateway' | 'authServer' | 'upstream'

/**
 * How the answer challenges the caller. `bare`: one challenge for each credential rule, without an error code (RFC 6750 section 3.1).
 * `invalid_request`, `invalid_token`, `insufficient_scope`: the error codes of RFC 6750 section 3.1, on the Bearer challenge.
 * `scheme`: the challenge of the one scheme that was refused (Basic, ApiKey), without an error code.
 * `invalid_dpop_proof`, `use_dpop_nonce`: the error codes of RFC 9449 sections 7.1 and 9, on the DPoP challenge.
 */
export type Challenge =
  | 'bare'
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'scheme'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'

export interface CatalogueEntry {
  /** HTTP status of the answer; 0 where no answer can be sent any more. */
  readonly status: number
  /** Short, stable summary for the caller (RFC 9457 `title`). */
  readonly title: string
  readonly side: Side
  /** The code that the caller sees, where it differs from the fine code of the log. */
  readonly public?: string
  readonly challenge?: Challenge
  /** The answer carries `Retry-After`. */
  readonly retryable?: true
  /** The connection is closed after the answer: its framing is in doubt, or no further request is wanted on it. */
  readonly close?: true
}

export const CATALOGUE = {
  'request.malformed': { status: 400, title: 'The request is malformed', side: 'caller', close: true },
  'request.ambiguous_framing': {
    status: 400,
    title: 'The length of the request body is ambiguous',
    side: 'caller',
    close: true,
  },
  'request.path_invalid': { status: 400, title: 'The request path has more than one reading', side: 'caller' },
  'request.forwarding_contradictory': {
    status: 400,
    title: 'The forwarding fields contradict each other',
    side: 'caller',
  },
  'request.target_too_long': { status: 414, title: 'The request target is too long', side: 'caller', close: true },
  'request.head_too_large': {
    status: 431,
    title: 'The request fields are too large or too many',
    side: 'caller',
    close: true,
  },
  'request.body_too_large': { status: 413, title: 'The request body is too large', side: 'caller', close: true },
  'request.timeout': { status: 408, title: 'The request did not arrive in time', side: 'caller', close: true },
  'request.expectation': { status: 417, title: 'The expectation is not supported', side: 'caller', close: true },
  'request.coding_unknown': { status: 501, title: 'The transfer coding is not supported', side: 'caller', close: true },
  'request.version_unknown': { status: 505, title: 'The HTTP version is not supported', side: 'caller', close: true },
  'request.method_refused': {
    status: 405,
    title: 'The method is not supported by this gateway',
    side: 'caller',
    close: true,
  },
  'request.misdirected': { status: 421, title: 'This gateway does not serve that host', side: 'caller' },
  'request.loop': { status: 502, title: 'The request came back to this gateway', side: 'gateway' },
  'request.https_required': { status: 403, title: 'This resource is not available over this scheme', side: 'caller' },
  'request.upgrade_refused': {
    status: 400,
    title: 'The protocol upgrade is not acceptable',
    side: 'caller',
    close: true,
  },

  'route.not_found': { status: 404, title: 'No API is published at this path', side: 'caller' },
  'route.method_not_allowed': { status: 405, title: 'The method is not allowed at this path', side: 'caller' },

  'credentials.missing': { status: 401, title: 'Credentials are required', side: 'caller', challenge: 'bare' },
  'credentials.multiple': {
    status: 400,
    title: 'More than one set of credentials of one kind',
    side: 'caller',
    challenge: 'invalid_request',
  },
  'credentials.malformed': {
    status: 400,
    title: 'The credentials are malformed',
    side: 'caller',
    challenge: 'invalid_request',
  },
  'credentials.invalid': { status: 401, title: 'The credentials are not valid', side: 'caller', challenge: 'scheme' },

  'token.too_large': { status: 400, title: 'The token is too large', side: 'caller', challenge: 'invalid_request' },
  'token.malformed': { status: 401, title: 'The token is malformed', side: 'caller', challenge: 'invalid_token' },
  'token.critical_unknown': {
    status: 401,
    title: 'The token is not valid',
    side: 'caller',
    public: 'token.invalid',
    challenge: 'invalid_token',
  },
  'token.issuer_unknown': {
    status: 401,
    title: 'The token is not valid',
    side: 'caller',
    public: 'token.invalid',
    challenge: 'invalid_token',
  },
  'token.algorithm_not_allowed': {
    status: 401,
    title: 'The token is not valid',
    side: 'caller',
    public: 'token.invalid',
    challenge: 'invalid_token',
  },
  'token.key_unknown': {
    status: 401,
    title: 'The token is not valid',
    side: 'caller',
    public: 'token.invalid',
    challenge: 'invalid_token',
  },
  'token.signature_invalid': {
    status: 401,
    title: 'The token is not valid',
    side: 'caller',
    public: 'token.invalid',
    challenge: 'invalid_token',
  },
  'token.claim_missing': {
    status: 401,
    title: 'A required claim is missing from the token',
    side: 'caller',
    challenge: 'invalid_token',
  },
  'token.claim_invalid': {
    status: 401,
    title: 'A claim of the token is not valid',
    side: 'caller',
    challenge: 'invalid_token',
  },
  'token.inactive': { status: 401, title: 'The token is not active', side: 'caller', challenge: 'invalid_token' },
  'token.expired': { status: 401, title: 'The token has expired', side: 'caller', challenge: 'invalid_token' },
  'token.revoked': { status: 401, title: 'The token was revoked', side: 'caller', challenge: 'invalid_token' },
  'token.not_yet_valid': {
    status: 401,
    title: 'The token is not valid yet',
    side: 'caller',
    challenge: 'invalid_token',
  },
  'token.audience_rejected': {
    status: 401,
    title: 'The token is meant for another audience',
    side: 'caller',
    challenge: 'invalid_token',
  },

  'token.proof_required': {
    status: 401,
    title: 'The token is bound to a key and needs a DPoP proof',
    side: 'caller',
    challenge: 'invalid_token',
  },
  'token.not_bound': {
    status: 401,
    title: 'The token is not bound to a key',
    side: 'caller',
    challenge: 'invalid_token',
  },
  'token.binding_mismatch': {
    status: 401,
    title: 'The token is bound to another key than the DPoP proof',
    side: 'caller',
    challenge: 'invalid_token',
  },
  'token.certificate_mismatch': {
    status: 401,
    title: 'The token is bound to another client certificate',
    side: 'caller',
    challenge: 'invalid_token',
  },

  'dpop.missing': {
    status: 401,
    title: 'The DPoP proof is missing',
    side: 'caller',
    challenge: 'invalid_dpop_proof',
  },
  'dpop.invalid': {
    status: 401,
    title: 'The DPoP proof is not valid',
    side: 'caller',
    challenge: 'invalid_dpop_proof',
  },
  'dpop.replayed': {
    status: 401,
    title: 'The DPoP proof was used before',
    side: 'caller',
    challenge: 'invalid_dpop_proof',
  },
  'dpop.nonce_needed': {
    status: 401,
    title: 'The DPoP proof needs a nonce of this gateway',
    side: 'caller',
    challenge: 'use_dpop_nonce',
  },

  'application.unidentified': {
    status: 403,
    title: 'The calling application is not allowed',
    side: 'caller',
    public: 'application.denied',
  },
  'application.ambiguous': {
    status: 403,
    title: 'The calling application is not allowed',
    side: 'caller',
    public: 'application.denied',
  },
  'application.not_registered': {
    status: 403,
    title: 'The calling application is not allowed',
    side: 'caller',
    public: 'application.denied',
  },
  'application.suspended': {
    status: 403,
    title: 'The calling application is not allowed',
    side: 'caller',
    public: 'application.denied',
  },
  'application.mismatch': {
    status: 403,
    title: 'The calling application is not allowed',
    side: 'caller',
    public: 'application.denied',
  },
  'scope.insufficient': {
    status: 403,
    title: 'The token does not have the required scope',
    side: 'caller',
    challenge: 'insufficient_scope',
  },
  'requirement.not_met': { status: 403, title: 'A requirement of this resource is not met', side: 'caller' },

  'introspection.unavailable': {
    status: 503,
    title: 'Tokens cannot be checked at the moment',
    side: 'authServer',
    retryable: true,
  },
  'keys.unavailable': {
    status: 503,
    title: 'Tokens cannot be verified at the moment',
    side: 'authServer',
    retryable: true,
  },
  'revocations.unavailable': {
    status: 503,
    title: 'Tokens cannot be verified at the moment',
    side: 'authServer',
    retryable: true,
  },

  'upstream.unreachable': { status: 502, title: 'The upstream service cannot be reached', side: 'upstream' },
  'upstream.tls_failed': { status: 502, title: 'The upstream service cannot be trusted', side: 'upstream' },
  'upstream.reset': { status: 502, title: 'The upstream service closed the connection', side: 'upstream' },
  'upstream.protocol': { status: 502, title: 'The upstream service gave an unusable answer', side: 'upstream' },
  'upstream.connect_timeout': {
    status: 504,
    title: 'The upstream service did not accept a connection in time',
    side: 'upstream',
  },
  'upstream.response_timeout': { status: 504, title: 'The upstream service did not answer in time', side: 'upstream' },
  'upstream.overloaded': {
    status: 503,
    title: 'Too many requests wait for the upstream service',
    side: 'gateway',
    retryable: true,
  },
  'upstream.circuit_open': {
    status: 503,
    title: 'The upstream service fails too often to be called now',
    side: 'upstream',
    retryable: true,
  },
  'upstream.interrupted': { status: 0, title: 'The upstream answer was cut', side: 'upstream', close: true },
  'caller.gone': { status: 0, title: 'The caller left', side: 'caller' },

  'stream.expired': { status: 0, title: 'The token of the stream has expired', side: 'caller' },
  'stream.revoked': { status: 0, title: 'The right to the stream was withdrawn', side: 'caller' },
  'stream.timeout': { status: 0, title: 'The stream has reached its time limit', side: 'gateway' },

  'issuer.not_configured': { status: 501, title: 'This gateway is not configured to issue tokens', side: 'gateway' },
  'issuer.request_invalid': { status: 400, title: 'The token request is not valid', side: 'caller' },
  'issuer.user_not_listed': { status: 403, title: 'The application does not list this user', side: 'caller' },

  'revocation.invalid': { status: 400, title: 'The revocation is not valid', side: 'caller' },
  'revocation.not_found': { status: 404, title: 'There is no such revocation', side: 'caller' },
  'revocation.too_many': { status: 409, title: 'There are too many revocations', side: 'caller' },
  'revocation.not_kept': {
    status: 503,
    title: 'Revocations cannot be kept at the moment',
    side: 'gateway',
    retryable: true,
  },

  'gateway.overloaded': { status: 503, title: 'The gateway is overloaded', side: 'gateway', retryable: true },
  'gateway.stopping': { status: 503, title: 'The gateway is stopping', side: 'gateway', retryable: true, close: true },
  'internal.defect': { status: 500, title: 'The gateway failed to handle the request', side: 'gateway' },
} as const satisfies Readonly<Record<string, CatalogueEntry>>

export type ErrorCode = keyof typeof CATALOGUE

/** Finds the entry of a code. Never fails: the code's type is the list of keys. */
export function entryOf(code: ErrorCode): CatalogueEntry {
  return CATALOGUE[code]
}

/** Tells the code that a caller may see: issuer, key, algorithm and signature failures all read `token.invalid`. */
export function publicCodeOf(code: ErrorCode): string {
  return entryOf(code).public ?? code
}
