/**
 * Forwarding to a service behind the gateway: path, fields, body and answer of one exchange. No byte is read from a body or
 * written to an upstream before `handle` is called, and it is called only after the policies said yes. No policy is decided
 * here. `snapshot/compile` makes one target for each API; `server` calls `handle`.
 */
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Clock } from '../clock/clock.ts'
import type { Exchange, Outcome, Reply, Target } from '../exchange/exchange.ts'
import type { OutgoingTls } from '../outbound/outgoing-tls.ts'
import type { HttpUpstreamSettings, OutgoingTlsSettings } from '../settings/upstream-settings.ts'
import { Destinations } from './destinations.ts'
import type { AnswerContext } from './field-hygiene.ts'
import { upstreamFields } from './field-hygiene.ts'
import type { FieldRules } from './field-names.ts'
import type { ForwardingWriter } from './forwarded.ts'
import type { Place, PlaceState } from './place.ts'
import type { PoolSettings, UpstreamPool } from './pool.ts'
import type { GroupOwner, GroupSettings, TargetGroup } from './target-group.ts'
import { acceptsTrailers } from './trailers.ts'
import { UpstreamCall } from './upstream-call.ts'

/** What a target shares with the other targets of its snapshot. */
export interface UpstreamParts {
  /** Returns the pool of these settings; who lends it closes it. */
  readonly borrowPool: (settings: PoolSettings) => UpstreamPool
  /** Returns what is known of the targets of these settings; who lends it closes it. */
  readonly borrowGroup: (
    owner: GroupOwner,
    settings: GroupSettings,
    checkPool: (target: string) => PoolSettings,
  ) => TargetGroup
  readonly fieldRules: FieldRules
  readonly forwarding: ForwardingWriter
  /** Resolves a block of outgoing TLS; without it connections are the platform's, which verify. */
  readonly tlsOf?: ((settings: OutgoingTlsSettings) => OutgoingTls | undefined) | undefined
  readonly clock: Clock
}

const OVERLOADED: Outcome = Object.freeze({ kind: 'denied', denial: Object.freeze({ code: 'upstream.overloaded' }) })

/** Creates the target that forwards to an API's upstream. */
export function createHttpUpstream(
  api: GroupOwner & { readonly basePath: string },
  settings: HttpUpstreamSettings,
  parts: UpstreamParts,
): Target {
  const tls = resolveTls(settings, parts)
  const group = parts.borrowGroup(api, settings, target => toCheckPoolSettings(target, settings, tls))
  const places = group.states.map(state => toPlace(state, settings, tls, parts))
  const stripLength = settings.stripBasePath && api.basePath !== '/' ? api.basePath.length : 0
  const destinations = new Destinations(places, settings, { group, clock: parts.clock, stripLength })
  const answer: AnswerContext = {
    rules: parts.fieldRules,
    date: () => new Date(parts.clock.now()).toUTCString(),
  }
  return {
    handle(exchange: Exchange, reply: Reply): Outcome | Promise<Outcome> {
      const refusal = destinations.refuse(exchange)
      if (refusal !== undefined) return { kind: 'denied', denial: refusal }
      const place = destinations.take(exchange)
      if (place === undefined) {
        destinations.judge(exchange, undefined, 'none', '')
        return OVERLOADED
      }
      let call: UpstreamCall
      try {
        const body = openBody(exchange)
        const options = toOptions(exchange, body, destinations.targetOf(place, exchange), parts, settings.protocol)
        call = new UpstreamCall(exchange, reply, { place, destinations, options, answer, body })
      } catch (defect) {
        destinations.judge(exchange, undefined, 'none', '')
        destinations.leave(place)
        throw defect
      }
      return call.run()
    },
  }
}

/** Never without the block that was written: what it says cannot be left out for want of somebody who resolves it. */
function resolveTls({ tls }: HttpUpstreamSettings, { tlsOf }: UpstreamParts): OutgoingTls | undefined {
  if (tls === undefined) return undefined
  const resolved = tlsOf?.(tls)
  if (resolved === undefined) throw new TypeError('outgoing TLS was not resolved')
  return resolved
}

function toPlace(
  state: PlaceState,
  settings: HttpUpstreamSettings,
  tls: OutgoingTls | undefined,
  parts: UpstreamParts,
): Place {
  const { pathname } = new URL(state.url)
  const pool = parts.borrowPool(toPoolSettings(state.url, settings, tls))
  return { state, pool, prefix: pathname.endsWith('/') ? pathname.slice(0, -1) : pathname }
}

function toPoolSettings(target: string, settings: HttpUpstreamSettings, tls: OutgoingTls | undefined): PoolSettings {
  const { origin, protocol } = new URL(target)
  return {
    origin,
    ...(tls !== undefined && protocol === 'https:' && { tls }),
    protocol: settings.protocol,
    connectTimeoutMs: settings.connectTimeoutMs,
    responseTimeoutMs: settings.responseTimeoutMs,
    silenceMs: settings.idleTimeoutMs,
    maxConnections: settings.maxConnections,
    maxPending: settings.maxPending,
  }
}

/** Health checks have connections of their own: they tell what a new caller would meet, and no caller waits behind them. */
function toCheckPoolSettings(
  target: string,
  settings: HttpUpstreamSettings,
  tls: OutgoingTls | undefined,
): PoolSettings {
  const timeoutMs = settings.healthCheck?.timeoutMs ?? settings.connectTimeoutMs
  return { ...toPoolSettings(target, settings, tls), connectTimeoutMs: timeoutMs, responseTimeoutMs: timeoutMs }
}

/** A request without framing has no body, and one of length zero needs no stream. */
function openBody(exchange: Exchange): Readable | undefined {
  const { body } = exchange
  return body === undefined || body.length === 0 ? undefined : body.open()
}

function toOptions(
  exchange: Exchange,
  body: Readable | undefined,
  path: string,
  parts: UpstreamParts,
  protocol: HttpUpstreamSettings['protocol'],
): Dispatcher.DispatchOptions {
  const { head } = exchange
  const headers = upstreamFields(exchange, parts.fieldRules, parts.forwarding)
  // The length is our own count of what the caller declared; without one undici frames by chunks.
  if (body !== undefined && exchange.body?.length !== undefined) {
    headers.push('content-length', String(exchange.body.length))
  }
  if (protocol === 'http2' && acceptsTrailers(head.fields)) headers.push('te', 'trailers')
  return {
    method: head.method,
    path,
    headers,
    body: body ?? null,
    upgrade: head.upgrade ?? null,
  }
}
