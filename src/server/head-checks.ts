/**
 * What is asked of every request head, whichever version it came in: size and count, names, method and expectation, one agreed
 * authority, who the caller is. Refusals are values; `read-head.ts` (HTTP/1.x) and `http2-head.ts` call these in their order.
 */
import { METHODS } from 'node:http'
import { deny, ok, type Result } from '../errors/denial.ts'
import type { AddressSet } from '../message/address.ts'
import type { Authority } from '../message/authority.ts'
import { Fields } from '../message/fields.ts'
import { readForwarding } from '../message/forwarded-in.ts'
import { maxForwardsOf } from '../message/max-forwards.ts'
import type { Framing, RequestHead } from '../message/request-head.ts'
import { hasPassed } from '../message/via.ts'
import type { LimitsSettings } from '../settings/model.ts'
import type { Caller } from './caller.ts'
import { type FieldScan, scanFields } from './field-scan.ts'
import type { RequestTarget } from './request-target.ts'

/** What a snapshot says about request heads. */
export interface HeadRules {
  readonly limits: LimitsSettings
  readonly trustedProxies: AddressSet
  /** What this gateway calls itself in `Via`; without it no request is taken for one of our own. */
  readonly pseudonym?: string | undefined
}

/** Methods named in the `Allow` of a refused TRACE or CONNECT. */
export const SERVED_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Without those of RTSP, which Node's parser takes for requests too. */
const HTTP_METHODS: ReadonlySet<string> = new Set(METHODS)

export type Refusal = ReturnType<typeof deny>

/** The field lines of a head and what one pass over them found. */
export interface ScannedFields {
  readonly fields: Fields
  readonly scan: FieldScan
}

/**
 * Caps target, number and size of the fields before anything is read from them, and checks their names.
 *
 * @param count field lines as they came
 */
export function scanHead(
  target: string,
  lines: readonly string[],
  count: number,
  limits: LimitsSettings,
): Result<ScannedFields> {
  if (target.length > limits.maxTargetBytes) return deny('request.target_too_long')
  if (count > limits.maxHeaderCount) return deny('request.head_too_large', { reason: 'count' })
  const fields = new Fields(lines)
  const scan = scanFields(fields)
  if (scan.bytes > limits.maxHeaderBytes) return deny('request.head_too_large', { reason: 'size' })
  if (!scan.hasValidNames) return deny('request.malformed', { reason: 'field_name' })
  return ok({ fields, scan })
}

/** Refuses unknown methods, TRACE, CONNECT, and any expectation but one `100-continue`. */
export function judgeMethodAndExpectation(method: string, httpVersion: string, scan: FieldScan): Refusal | undefined {
  if (!HTTP_METHODS.has(method)) return deny('request.malformed', { reason: 'method' })
  if (method === 'TRACE' || method === 'CONNECT') {
    return deny('request.method_refused', undefined, { allow: SERVED_METHODS })
  }
  // RFC 9110 section 10.1.1: an HTTP/1.0 client's expectation is ignored.
  if (scan.expect === undefined || httpVersion === '1.0') return undefined
  const isKnown = scan.repeated !== 'expect' && scan.expect.toLowerCase() === '100-continue'
  return isKnown ? undefined : deny('request.expectation')
}

/** Refuses a body that says itself that it is too large. */
export function judgeLength(framing: Framing, limits: LimitsSettings): Refusal | undefined {
  return framing.kind === 'length' && framing.bytes > limits.maxBodyBytes ? deny('request.body_too_large') : undefined
}

/** Tells whether two authorities name one server, the usual port of the scheme filled in. */
export function isSameAuthority(one: Authority, other: Authority, scheme: 'http' | 'https'): boolean {
  const usual = scheme === 'https' ? 443 : 80
  return one.host === other.host && (one.port ?? usual) === (other.port ?? usual)
}

/** A head whose parts were checked one by one. */
export interface CheckedHead extends ScannedFields {
  readonly method: string
  readonly httpVersion: RequestHead['httpVersion']
  readonly target: RequestTarget
  readonly authority: Authority
  readonly framing: Framing
  readonly upgrade: string | undefined
}

/**
 * Puts a head together. Only here it is decided whose word about the caller's address and scheme is believed, and whether the
 * request has come back to us.
 */
export function completeHead(checked: CheckedHead, caller: Caller, rules: HeadRules): Result<RequestHead> {
  const { peer } = caller
  const { trustedProxies } = rules
  if (hasPassed(checked.scan.via, rules.pseudonym)) return deny('request.loop')
  if (checked.method === 'OPTIONS' && maxForwardsOf(checked.fields) === null)
    return deny('request.malformed', { reason: 'max_forwards' })
  const { fields, authority, target } = checked
  let clientAddress = peer.address
  let scheme: 'http' | 'https' = peer.tls ? 'https' : 'http'
  if (checked.scan.hasForwarding && caller.isFrom(trustedProxies)) {
    const told = readForwarding(fields, peer, trustedProxies)
    if (!told.ok) return told
    clientAddress = told.value.clientAddress
    scheme = told.value.scheme ?? scheme
  }
  return ok({
    method: checked.method,
    path: target.path,
    query: target.query,
    authority: authority.authority,
    host: authority.host,
    scheme,
    httpVersion: checked.httpVersion,
    fields,
    framing: checked.framing,
    peer,
    clientAddress,
    upgrade: checked.upgrade,
  })
}
