/**
 * From what Node's parser lets through to a request head that has one reading, or a refusal. Every field line is seen (`rawHeaders`,
 * never `headers`), nothing is repaired, and nothing of the head is used before all of it was checked. `serve-exchange.ts` calls it.
 */
import { type IncomingMessage, METHODS } from 'node:http'
import { deny, ok, type Result } from '../errors/denial.ts'
import type { AddressSet } from '../message/address.ts'
import type { Authority } from '../message/authority.ts'
import { Fields } from '../message/fields.ts'
import { readForwarding } from '../message/forwarded-in.ts'
import type { Framing, RequestHead } from '../message/request-head.ts'
import type { LimitsSettings } from '../settings/model.ts'
import type { Connection } from './connection.ts'
import { type FieldScan, scanFields } from './field-scan.ts'
import { readFraming } from './framing.ts'
import { parseTarget, type RequestTarget } from './request-target.ts'
import { judgeUpgrade, WEBSOCKET } from './upgrade-request.ts'

/** What a snapshot says about request heads. */
export interface HeadRules {
  readonly limits: LimitsSettings
  readonly trustedProxies: AddressSet
}

/** Without those of RTSP, which Node's parser takes for requests too. */
const HTTP_METHODS: ReadonlySet<string> = new Set(METHODS)

/** Methods named in the `Allow` of a refused TRACE or CONNECT. */
export const SERVED_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Reads and checks the head of a request (tokens-and-standards.md C.15, C.16). The path is canonical, or `ASTERISK` for
 * `OPTIONS *`. `upgrade` is set only for requests that came by the listener's upgrade event.
 */
export function readHead(incoming: IncomingMessage, connection: Connection, rules: HeadRules): Result<RequestHead> {
  const { httpVersion } = incoming
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return deny('request.version_unknown')
  const method = incoming.method ?? ''
  const url = incoming.url ?? ''
  const { limits } = rules
  if (url.length > limits.maxTargetBytes) return deny('request.target_too_long')
  if (incoming.rawHeaders.length >> 1 > limits.maxHeaderCount)
    return deny('request.head_too_large', { reason: 'count' })
  const fields = new Fields(incoming.rawHeaders)
  const scan = scanFields(fields)
  if (scan.bytes > limits.maxHeaderBytes) return deny('request.head_too_large', { reason: 'size' })
  if (!scan.hasValidNames) return deny('request.malformed', { reason: 'field_name' })

  const framing = readFraming(scan, httpVersion)
  if (!framing.ok) return framing
  const refusal = judgeMethodAndExpectation(method, httpVersion, scan) ?? judgeLength(framing.value, limits)
  if (refusal !== undefined) return refusal
  const host = readHost(scan, httpVersion, connection)
  if (!host.ok) return host
  const target = parseTarget(method, url)
  if (!target.ok) return target
  const authority = agreeOnAuthority(host.value, target.value)
  if (authority === undefined) return deny('request.malformed', { reason: 'host_differs_from_target' })
  if (scan.repeated === 'authorization') return deny('credentials.multiple', { reason: 'field_repeated' })
  const upgrade = readUpgrade(incoming, scan)
  if (!upgrade.ok) return upgrade

  const { peer } = connection
  let clientAddress = peer.address
  let scheme: 'http' | 'https' = peer.tls ? 'https' : 'http'
  if (scan.hasForwarding && connection.isFrom(rules.trustedProxies)) {
    const told = readForwarding(fields, peer, rules.trustedProxies)
    if (!told.ok) return told
    clientAddress = told.value.clientAddress
    scheme = told.value.scheme ?? scheme
  }
  const { path, query } = target.value
  return ok({
    method,
    path,
    query,
    authority: authority.authority,
    host: authority.host,
    scheme,
    httpVersion,
    fields,
    framing: framing.value,
    peer,
    clientAddress,
    upgrade: upgrade.value,
  })
}

type Refusal = ReturnType<typeof deny>

function judgeMethodAndExpectation(method: string, httpVersion: string, scan: FieldScan): Refusal | undefined {
  if (!HTTP_METHODS.has(method)) return deny('request.malformed', { reason: 'method' })
  if (method === 'TRACE' || method === 'CONNECT') {
    return deny('request.method_refused', undefined, { allow: SERVED_METHODS })
  }
  // RFC 9110 section 10.1.1: an HTTP/1.0 client's expectation is ignored.
  if (scan.expect === undefined || httpVersion === '1.0') return undefined
  const isKnown = scan.repeated !== 'expect' && scan.expect.toLowerCase() === '100-continue'
  return isKnown ? undefined : deny('request.expectation')
}

function judgeLength(framing: Framing, limits: LimitsSettings): Refusal | undefined {
  return framing.kind === 'length' && framing.bytes > limits.maxBodyBytes ? deny('request.body_too_large') : undefined
}

const NO_AUTHORITY: Authority = Object.freeze({ authority: '', host: '', port: undefined })

/** One Host that is valid; only HTTP/1.0 may go without (RFC 9112 section 3.2). */
function readHost(scan: FieldScan, httpVersion: '1.0' | '1.1', connection: Connection): Result<Authority> {
  if (scan.repeated === 'host') return deny('request.malformed', { reason: 'host_repeated' })
  if (scan.host === undefined) {
    return httpVersion === '1.0' ? ok(NO_AUTHORITY) : deny('request.malformed', { reason: 'host_missing' })
  }
  const authority = connection.authorityOf(scan.host)
  return authority === undefined ? deny('request.malformed', { reason: 'host' }) : ok(authority)
}

/** Where the target names an authority too, both must name the same one; undefined where they do not. */
function agreeOnAuthority(host: Authority, { absolute }: RequestTarget): Authority | undefined {
  if (absolute === undefined) return host
  if (host === NO_AUTHORITY) return absolute.authority
  return isSame(absolute.authority, host, absolute.scheme) ? host : undefined
}

function isSame(one: Authority, other: Authority, scheme: 'http' | 'https'): boolean {
  const usual = scheme === 'https' ? 443 : 80
  return one.host === other.host && (one.port ?? usual) === (other.port ?? usual)
}

const NO_UPGRADE = ok(undefined)

function readUpgrade(incoming: IncomingMessage, scan: FieldScan): Result<string | undefined> {
  const asked = judgeUpgrade(incoming.method ?? '', incoming.httpVersion, scan)
  if (asked === 'none') return NO_UPGRADE
  return asked === WEBSOCKET && isUpgrading(incoming) ? ok(WEBSOCKET) : deny('request.upgrade_refused')
}

/** Set by Node where the connection leaves HTTP with this request; missing in its types. */
function isUpgrading(incoming: IncomingMessage & { readonly upgrade?: boolean | null }): boolean {
  return incoming.upgrade === true
}
