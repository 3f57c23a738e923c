/**
 * What a caller presents to prove who it is: the Authorization field, passwords, shared secrets.
 * Nothing here knows an application, a token's content or a route, and nothing presented is ever logged or put into a denial.
 * `policies` and `issuer` call it. Kinds of credentials that live in other fields (API keys) are read where their rule names the field.
 */
import { type Denial, deny, type Result } from '../errors/denial.ts'
import type { Fields } from '../message/fields.ts'

/** What the Authorization field holds. At most one member is present: there is one Authorization line. */
export interface PresentedCredentials {
  /** The token68 of the Bearer scheme (RFC 6750 section 2.1), nothing decoded. */
  readonly bearer?: string
  /** The token68 of the DPoP scheme (RFC 9449 section 7.1): worth nothing without the proof that belongs to it. */
  readonly dpop?: string
  /** User name and password of the Basic scheme (RFC 7617). */
  readonly basic?: { readonly user: string; readonly password: string }
}

/** Nothing presented; shared. An authentication scheme that is unknown here counts as nothing. */
const NOTHING: Result<PresentedCredentials> = Object.freeze({ ok: true, value: Object.freeze({}) })

/** RFC 9110 section 11.2. The two classes are disjoint, so that this cannot backtrack. */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/
/** The scheme name (RFC 9110 section 5.6.2, `token`), at the start. */
const SCHEME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+/
/** Base64 with exact padding (RFC 4648 section 4). */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
const TOKEN_SCHEMES: ReadonlySet<string> = new Set(['bearer', 'dpop'])
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads the Authorization field of a request (product.md 4, RFC 6750 section 3.1, RFC 9449 section 7.1, RFC 7617).
 * A second line or a second token is `credentials.multiple`; `Bearer` or `DPoP` without exactly one token68, or `Basic` without strict base64 of
 * strict UTF-8 with a colon, is `credentials.malformed`. Scheme names are compared without case.
 */
export function parseAuthorization(fields: Fields): Result<PresentedCredentials> {
  const at = fields.names.indexOf('authorization')
  if (at < 0) return NOTHING
  if (fields.names.indexOf('authorization', at + 1) >= 0) return deny('credentials.multiple', { lines: 'several' })
  const line = fields.lines[2 * at + 1] ?? ''
  // The usual spelling needs no look at the scheme's letters.
  if (line.startsWith('Bearer ')) return readToken(trimSpaces(line, 7), 'Bearer')
  const scheme = SCHEME.exec(line)?.[0]
  if (scheme === undefined) return malformed('no scheme')
  const name = scheme.toLowerCase()
  if (name !== 'bearer' && name !== 'basic' && name !== 'dpop') return NOTHING
  if (line.length > scheme.length && line[scheme.length] !== ' ') return malformed('no space after the scheme')
  const rest = trimSpaces(line, scheme.length)
  return name === 'basic' ? readBasic(rest) : readToken(rest, name === 'dpop' ? 'DPoP' : 'Bearer')
}

/** Tells whether a value of the Authorization field uses the Basic scheme, well-formed or not. */
export function isBasicAuthorization(value: string): boolean {
  return SCHEME.exec(value)?.[0].toLowerCase() === 'basic'
}

/** Tells whether the Authorization field uses the DPoP scheme, well-formed or not. */
export function isDpopAuthorization(fields: Fields): boolean {
  return SCHEME.exec(fields.first('authorization') ?? '')?.[0].toLowerCase() === 'dpop'
}

function readToken(rest: string, scheme: 'Bearer' | 'DPoP'): Result<PresentedCredentials> {
  if (TOKEN68.test(rest)) return { ok: true, value: scheme === 'Bearer' ? { bearer: rest } : { dpop: rest } }
  if (isSeveral(rest)) return deny('credentials.multiple', { tokens: 'several' }, { scheme })
  return deny('credentials.malformed', { reason: 'not one token68' }, { scheme })
}

function readBasic(rest: string): Result<PresentedCredentials> {
  if (isSeveral(rest)) return deny('credentials.multiple', { tokens: 'several' })
  if (!BASE64.test(rest) || rest.length % 4 !== 0) return malformedBasic('not base64')
  const bytes = Buffer.from(rest, 'base64')
  // Buffer ignores loose last bits; two spellings of one credential are refused.
  if (bytes.toString('base64') !== rest) return malformedBasic('not canonical base64')
  const text = decodeUtf8(bytes)
  if (text === undefined) return malformedBasic('not UTF-8')
  const colon = text.indexOf(':')
  if (colon < 0) return malformedBasic('no colon')
  if (CONTROL_CHARACTER.test(text)) return malformedBasic('control character')
  return { ok: true, value: { basic: { user: text.slice(0, colon), password: text.slice(colon + 1) } } }
}

/** Two or more parts that could each be a token, split by spaces or a comma: more than one set of credentials. */
function isSeveral(rest: string): boolean {
  const parts = rest.split(/[ ,]/).filter(part => part !== '' && !TOKEN_SCHEMES.has(part.toLowerCase()))
  return parts.length > 1 && parts.every(part => TOKEN68.test(part))
}

function trimSpaces(text: string, from: number): string {
  let start = from
  while (text[start] === ' ') start++
  return start === text.length ? '' : text.slice(start)
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function malformed(reason: string): { readonly ok: false; readonly error: Denial } {
  return deny('credentials.malformed', { reason })
}

/** The refused scheme decides the challenge: a Bearer error would mislead a caller that sent a password. */
function malformedBasic(reason: string): { readonly ok: false; readonly error: Denial } {
  return deny('credentials.malformed', { reason }, { scheme: 'Basic' })
}
