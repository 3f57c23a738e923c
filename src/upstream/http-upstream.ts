/**
 * Forwarding to a service behind the gateway: path, fields, body and answer of one exchange. No byte is read from a body or
 * written to an upstream before `handle` is called, and it is called only after the policies said yes. No policy is decided
 * here. `snapshot/compile` makes one target for each API; `server` calls `handle`.
 */
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Clock } from '../clock/clock.ts'
import type { Exchange, Outcome, Reply, Target } from '../exchange/exchange.ts'
import type { HttpUpstreamSettings } from '../settings/upstream-settings.ts'
import type { AnswerContext } from './field-hygiene.ts'
import { upstreamFields } from './field-hygiene.ts'
import type { FieldRules } from './field-names.ts'
import type { ForwardingWriter } from './forwarded.ts'
import type { PoolSettings, UpstreamPool } from './pool.ts'
import { UpstreamCall } from './upstream-call.ts'

/** What a target shares with the other targets of its snapshot. */
export interface UpstreamParts {
  /** Returns the pool of these settings; who lends it closes it. */
  readonly borrowPool: (settings: PoolSettings) => UpstreamPool
  readonly fieldRules: FieldRules
  readonly forwarding: ForwardingWriter
  readonly clock: Clock
}

/** One place that requests can be sent to. */
interface Place {
  readonly pool: UpstreamPool
  /** Path of the target URL, without trailing slash; empty for the root. */
  readonly prefix: string
}

const OVERLOADED: Outcome = Object.freeze({ kind: 'denied', denial: Object.freeze({ code: 'upstream.overloaded' }) })

/** Creates the target that forwards to an API's upstream; several targets take turns. */
export function createHttpUpstream(
  api: { readonly basePath: string },
  settings: HttpUpstreamSettings,
  parts: UpstreamParts,
): Target {
  const places = settings.targets.map(target => toPlace(target, settings, parts))
  const stripLength = settings.stripBasePath && api.basePath !== '/' ? api.basePath.length : 0
  const answer: AnswerContext = {
    rules: parts.fieldRules,
    date: () => new Date(parts.clock.now()).toUTCString(),
  }
  let turn = 0
  return {
    handle(exchange: Exchange, reply: Reply): Outcome | Promise<Outcome> {
      const place = places[turn] as Place
      turn = turn + 1 < places.length ? turn + 1 : 0
      if (!place.pool.enter()) return OVERLOADED
      const body = openBody(exchange)
      const options = toOptions(exchange, body, place.prefix, stripLength, parts)
      return new UpstreamCall(exchange, reply, { pool: place.pool, options, answer, body }).run()
    },
  }
}

function toPlace(target: string, settings: HttpUpstreamSettings, parts: UpstreamParts): Place {
  const url = new URL(target)
  const pool = parts.borrowPool({
    origin: url.origin,
    connectTimeoutMs: settings.connectTimeoutMs,
    responseTimeoutMs: settings.responseTimeoutMs,
  })
  return { pool, prefix: url.pathname.endsWith('/') ? url.pathname.slice(0, -1) : url.pathname }
}

/** A request without framing has no body, and one of length zero needs no stream. */
function openBody(exchange: Exchange): Readable | undefined {
  const { body } = exchange
  return body === undefined || body.length === 0 ? undefined : body.open()
}

function toOptions(
  exchange: Exchange,
  body: Readable | undefined,
  prefix: string,
  stripLength: number,
  parts: UpstreamParts,
): Dispatcher.DispatchOptions {
  const { head } = exchange
  const headers = upstreamFields(exchange, parts.fieldRules, parts.forwarding)
  // The length is our own count of what the caller declared; without one undici frames by chunks.
  if (body !== undefined && exchange.body?.length !== undefined) {
    headers.push('content-length', String(exchange.body.length))
  }
  return {
    method: head.method,
    path: rewritePath(head.path, prefix, stripLength) + head.query,
    headers,
    body: body ?? null,
    upgrade: head.upgrade ?? null,
  }
}

/** Puts the target's path before the canonical path, or before what remains of it behind the base path. */
export function rewritePath(path: string, prefix: string, stripLength: number): string {
  const rest = stripLength === 0 ? path : path.slice(stripLength)
  return prefix + rest || '/'
}
