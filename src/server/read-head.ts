/**
 * From what Node's parser lets through to a request head that has one reading, or a refusal. Every field line is seen (`rawHeaders`,
 * never `headers`), nothing is repaired, and nothing of the head is used before all of it was checked. `serve-exchange.ts` calls it.
 */
import { deny, ok, type Result } from '../errors/denial.ts'
import type { Authority } from '../message/authority.ts'
import type { RequestHead } from '../message/request-head.ts'
import type { Caller } from './caller.ts'
import type { FieldScan } from './field-scan.ts'
import { readFraming } from './framing.ts'
import {
  completeHead,
  type HeadRules,
  isSameAuthority,
  judgeLength,
  judgeMethodAndExpectation,
  scanHead,
} from './head-checks.ts'
import { readHttp2Head } from './http2-head.ts'
import { Http2Request } from './http2-request.ts'
import { parseTarget, type RequestTarget } from './request-target.ts'
import { judgeUpgrade, WEBSOCKET } from './upgrade-request.ts'

/** A request as it arrived: what Node's message of an HTTP/1.x request has, or the request of an HTTP/2 stream. */
export type ArrivedRequest = Http1Request | Http2Request

/** What is read of Node's message; `upgrade` is missing in Node's types. */
export interface Http1Request {
  readonly httpVersion: string
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
  /** Set by Node where the connection leaves HTTP with this request. */
  readonly upgrade?: boolean | null
}

/**
 * Reads and checks the head of a request (tokens-and-standards.md C.15, C.16). The path is canonical, or `ASTERISK` for
 * `OPTIONS *`. `upgrade` is set only for requests that came by the listener's upgrade event.
 */
export function readHead(arrived: ArrivedRequest, caller: Caller, rules: HeadRules): Result<RequestHead> {
  return arrived instanceof Http2Request ? readHttp2Head(arrived, caller, rules) : readHttp1Head(arrived, caller, rules)
}

function readHttp1Head(incoming: Http1Request, caller: Caller, rules: HeadRules): Result<RequestHead> {
  const { httpVersion, rawHeaders } = incoming
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return deny('request.version_unknown')
  const method = incoming.method ?? ''
  const url = incoming.url ?? ''
  const { limits } = rules
  const scanned = scanHead(url, rawHeaders, rawHeaders.length >> 1, limits)
  if (!scanned.ok) return scanned
  const { fields, scan } = scanned.value

  const framing = readFraming(scan, httpVersion)
  if (!framing.ok) return framing
  const refusal = judgeMethodAndExpectation(method, httpVersion, scan) ?? judgeLength(framing.value, limits)
  if (refusal !== undefined) return refusal
  const host = readHost(scan, httpVersion, caller)
  if (!host.ok) return host
  const target = parseTarget(method, url)
  if (!target.ok) return target
  const authority = agreeOnAuthority(host.value, target.value)
  if (authority === undefined) return deny('request.malformed', { reason: 'host_differs_from_target' })
  if (scan.repeated === 'authorization') return deny('credentials.multiple', { reason: 'field_repeated' })
  const upgrade = readUpgrade(incoming, scan)
  if (!upgrade.ok) return upgrade
  const checked = {
    fields,
    scan,
    method,
    httpVersion,
    target: target.value,
    authority,
    framing: framing.value,
    upgrade: upgrade.value,
  } as const
  return completeHead(checked, caller, rules)
}

const NO_AUTHORITY: Authority = Object.freeze({ authority: '', host: '', port: undefined })

/** One Host that is valid; only HTTP/1.0 may go without (RFC 9112 section 3.2). */
function readHost(scan: FieldScan, httpVersion: '1.0' | '1.1', caller: Caller): Result<Authority> {
  if (scan.repeated === 'host') return deny('request.malformed', { reason: 'host_repeated' })
  if (scan.host === undefined) {
    return httpVersion === '1.0' ? ok(NO_AUTHORITY) : deny('request.malformed', { reason: 'host_missing' })
  }
  const authority = caller.authorityOf(scan.host)
  return authority === undefined ? deny('request.malformed', { reason: 'host' }) : ok(authority)
}

/** Where the target names an authority too, both must name the same one; undefined where they do not. */
function agreeOnAuthority(host: Authority, { absolute }: RequestTarget): Authority | undefined {
  if (absolute === undefined) return host
  if (host === NO_AUTHORITY) return absolute.authority
  return isSameAuthority(absolute.authority, host, absolute.scheme) ? host : undefined
}

const NO_UPGRADE = ok(undefined)

function readUpgrade(incoming: Http1Request, scan: FieldScan): Result<string | undefined> {
  const asked = judgeUpgrade(incoming.method ?? '', incoming.httpVersion, scan)
  if (asked === 'none') return NO_UPGRADE
  return asked === WEBSOCKET && incoming.upgrade === true ? ok(WEBSOCKET) : deny('request.upgrade_refused')
}
