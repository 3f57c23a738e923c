import { type Denial, deny, ok, type Result } from '../errors/denial.ts'
import { type Authority, parseAuthority } from '../message/authority.ts'
import { canonicalPath } from '../message/canonical-path.ts'

/** The path of `OPTIONS *`: a request about the gateway itself. Never the path of another request. */
export const ASTERISK = '*'

/** A request target (RFC 9112 section 3.2), checked. */
export interface RequestTarget {
  /** Canonical, or `ASTERISK`. */
  readonly path: string
  /** Empty, or with its leading `?`. */
  readonly query: string
  /** What an absolute-form target names. */
  readonly absolute: { readonly scheme: 'http' | 'https'; readonly authority: Authority } | undefined
}

/**
 * Parses the target of a request: origin-form, absolute-form with http or https, or `*` for OPTIONS. Refuses fragments, raw
 * characters outside ASCII, user information, and paths with two readings (`request.path_invalid`), anything else as malformed.
 */
export function parseTarget(method: string, target: string): Result<RequestTarget> {
  if (target.charCodeAt(0) === 0x2f) return parsePath(target, undefined)
  if (target === ASTERISK) {
    return method === 'OPTIONS' ? ok({ path: ASTERISK, query: '', absolute: undefined }) : deny('request.malformed')
  }
  return parseAbsolute(method, target)
}

function parseAbsolute(method: string, target: string): Result<RequestTarget> {
  const lower = target.slice(0, 8).toLowerCase()
  const scheme = lower === 'https://' ? 'https' : lower.startsWith('http://') ? 'http' : undefined
  if (scheme === undefined) return deny('request.malformed', { reason: 'target' })
  const start = scheme.length + 3
  const end = endOfAuthority(target, start)
  const authority = parseAuthority(target.slice(start, end))
  if (authority === undefined) return deny('request.malformed', { reason: 'target_authority' })
  const rest = target.slice(end)
  const absolute = { scheme, authority } as const
  // RFC 9112 section 3.2.4: OPTIONS without path and query is the asterisk-form of a proxy's client.
  if (rest === '' && method === 'OPTIONS') return ok({ path: ASTERISK, query: '', absolute })
  return parsePath(rest.startsWith('/') ? rest : `/${rest}`, absolute)
}

function endOfAuthority(target: string, start: number): number {
  for (let i = start; i < target.length; i++) {
    const code = target.charCodeAt(i)
    if (code === 0x2f || code === 0x3f || code === 0x23) return i
  }
  return target.length
}

function parsePath(target: string, absolute: RequestTarget['absolute']): Result<RequestTarget> {
  const mark = target.indexOf('?')
  const path = canonicalPath(mark < 0 ? target : target.slice(0, mark))
  if (path === undefined) return refusePath('path')
  if (mark < 0) return ok({ path, query: '', absolute })
  const query = target.slice(mark)
  return isQuery(query) ? ok({ path, query, absolute }) : refusePath('query')
}

/** Visible ASCII without `#`; what it means is the upstream's business. */
function isQuery(query: string): boolean {
  for (let i = 0; i < query.length; i++) {
    const code = query.charCodeAt(i)
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return false
  }
  return true
}

function refusePath(reason: string): { readonly ok: false; readonly error: Denial } {
  return deny('request.path_invalid', { reason })
}
