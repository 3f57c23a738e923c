/**
 * From the field list of an HTTP/2 stream to the same request head that HTTP/1.x requests become, or a refusal (RFC 9113 section 8).
 * nghttp2 resets most of what is malformed before it gets here; nothing here relies on that. `read-head.ts` calls it.
 */
import { deny, ok, type Result } from '../errors/denial.ts'
import type { Authority } from '../message/authority.ts'
import type { Framing, RequestHead } from '../message/request-head.ts'
import type { Caller } from './caller.ts'
import type { FieldScan } from './field-scan.ts'
import { readFraming } from './framing.ts'
import {
  completeHead,
  type HeadRules,
  isSameAuthority,
  judgeLength,
  judgeMethodAndExpectation,
  type Refusal,
  scanHead,
} from './head-checks.ts'
import type { Http2Request } from './http2-request.ts'
import { ASTERISK, parseTarget } from './request-target.ts'

const UNKNOWN_LENGTH: Framing = Object.freeze({ kind: 'chunked' })

/** Fields of one connection (RFC 9113 section 8.2.2): whoever passes them on behind us could be smuggled to. `te` is looked at apart. */
export const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/** Reads and checks the head of a request that came on an HTTP/2 stream. */
export function readHttp2Head(request: Http2Request, caller: Caller, rules: HeadRules): Result<RequestHead> {
  const { limits } = rules
  const { fault, method = '', target = '' } = request
  if (fault !== undefined) return deny('request.malformed', { reason: fault })
  const scanned = scanHead(target, request.rawHeaders, request.lineCount, limits)
  if (!scanned.ok) return scanned
  const { scan, fields } = scanned.value
  const form = judgeFields(request.rawHeaders)
  if (form !== undefined) return form

  const framing = readStreamFraming(scan, request.isComplete)
  if (!framing.ok) return framing
  const refusal = judgeMethodAndExpectation(method, '2.0', scan) ?? judgeLength(framing.value, limits)
  if (refusal !== undefined) return refusal
  const scheme = judgeScheme(request, caller, rules)
  if (scheme !== undefined) return scheme
  const authority = readAuthority(request, scan, caller)
  if (!authority.ok) return authority
  // RFC 9113 section 8.3.1: a `:path` is never empty, and never an absolute-form.
  if (!target.startsWith('/') && target !== ASTERISK) return deny('request.malformed', { reason: 'target' })
  const parsed = parseTarget(method, target)
  if (!parsed.ok) return parsed
  if (scan.repeated === 'authorization') return deny('credentials.multiple', { reason: 'field_repeated' })
  const checked = {
    fields,
    scan,
    method,
    httpVersion: '2.0',
    target: parsed.value,
    authority: authority.value,
    framing: framing.value,
    upgrade: undefined,
  } as const
  return completeHead(checked, caller, rules)
}

/** Names in lower case, nothing about the connection, `te` with nothing but `trailers`. */
function judgeFields(lines: readonly string[]): Refusal | undefined {
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const name = lines[i] as string
    if (hasUpperCase(name)) return deny('request.malformed', { reason: 'field_name' })
    if (CONNECTION_SPECIFIC.has(name)) return deny('request.malformed', { reason: 'connection_specific' })
    if (name === 'te' && lines[i + 1] !== 'trailers') return deny('request.malformed', { reason: 'te' })
  }
  return undefined
}

function hasUpperCase(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code >= 0x41 && code <= 0x5a) return true
  }
  return false
}

/** Frames end the body; a length, where there is one, must agree with them (RFC 9113 section 8.1.1). */
function readStreamFraming(scan: FieldScan, isComplete: boolean): Result<Framing> {
  const framing = readFraming(scan, '2.0')
  if (!framing.ok) return framing
  if (framing.value.kind === 'length') {
    const isBroken = isComplete && framing.value.bytes > 0
    return isBroken ? deny('request.ambiguous_framing', { reason: 'content_length' }) : framing
  }
  return isComplete ? framing : ok(UNKNOWN_LENGTH)
}

/**
 * The scheme is the listener's: a request for the other one is not for this port. A trusted proxy that ends TLS names the scheme that its
 * caller used (RFC 9113 section 8.3.1); what is believed of it is still its `X-Forwarded-Proto` alone.
 */
function judgeScheme({ scheme }: Http2Request, caller: Caller, rules: HeadRules): Refusal | undefined {
  if (scheme === (caller.peer.tls ? 'https' : 'http')) return undefined
  const isProxys = (scheme === 'https' || scheme === 'http') && caller.isFrom(rules.trustedProxies)
  return isProxys ? undefined : deny('request.malformed', { reason: 'scheme' })
}

/** `:authority`, or Host where there is none; both must name the same server (RFC 9113 section 8.3.1). */
function readAuthority(request: Http2Request, scan: FieldScan, caller: Caller): Result<Authority> {
  if (scan.repeated === 'host') return deny('request.malformed', { reason: 'host_repeated' })
  const named = request.authority ?? scan.host
  if (named === undefined) return deny('request.malformed', { reason: 'host_missing' })
  const authority = caller.authorityOf(named)
  if (authority === undefined) return deny('request.malformed', { reason: 'host' })
  if (scan.host === undefined || scan.host === named) return ok(authority)
  const other = caller.authorityOf(scan.host)
  if (other === undefined) return deny('request.malformed', { reason: 'host' })
  const isSame = isSameAuthority(authority, other, caller.peer.tls ? 'https' : 'http')
  return isSame ? ok(authority) : deny('request.malformed', { reason: 'host_differs_from_target' })
}
