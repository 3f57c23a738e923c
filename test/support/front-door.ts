import assert from 'node:assert/strict'
import type { ErrorCode } from '../../src/errors/catalogue.ts'
import type { Denial } from '../../src/errors/denial.ts'
import type { Reply } from '../../src/exchange/exchange.ts'
import { createAddressSet } from '../../src/message/address.ts'
import type { RequestHead } from '../../src/message/request-head.ts'
import { createHttp2Body } from '../../src/server/http2-body.ts'
import { createHttp2Reply } from '../../src/server/http2-reply.ts'
import { type Listener, type ListenerParts, openListener } from '../../src/server/listener.ts'
import { createReply, type ServerReply } from '../../src/server/node-reply.ts'
import { readHead } from '../../src/server/read-head.ts'
import { createRequestBody, type ServerRequestBody } from '../../src/server/request-body.ts'
import type { ServerTls } from '../../src/server/tls.ts'
import { createUpgradeReply } from '../../src/server/upgrade-reply.ts'
import { type DenialContext, renderDenial, writeDenial } from '../../src/server/write-denial.ts'
import type { AddressRange, Http2Settings, LimitsSettings } from '../../src/settings/model.ts'
import { openRawSocket, type RawSocket } from './raw-socket.ts'
import { createSystemClock } from './system-clock.ts'

export const LIMITS: LimitsSettings = {
  maxHeaderBytes: 4096,
  maxHeaderCount: 32,
  maxTargetBytes: 1024,
  maxBodyBytes: 100_000,
  maxTokenBytes: 8192,
  maxCachedTokens: 10_000,
  maxDpopProofs: 200_000,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 5_000,
  idleTimeoutMs: 5_000,
  maxConnections: 10_000,
  maxEventLoopDelayMs: 1_000,
  maxMemoryUse: 95,
}

/** A listener with head and body reading, and a handler in the place of the gateway behind it. */
export interface FrontDoor {
  readonly listener: Listener
  readonly port: number
  /** Heads that reached the handler. */
  readonly reached: RequestHead[]
  /** Denials that were answered, and why a connection was refused. */
  readonly denials: Denial[]
  readonly defects: unknown[]
  readonly limits: LimitsSettings
  readonly parts: ListenerParts
  close(): Promise<void>
}

export interface FrontDoorOptions {
  readonly limits?: Partial<LimitsSettings>
  readonly trustedProxies?: readonly AddressRange[]
  readonly tls?: ServerTls
  readonly http2?: Http2Settings
  /** Longest that anything scheduled waits, in milliseconds; 100 by default. */
  readonly longestWaitMs?: number
  /** Answers a request that was let in; by default 200 with `ok` and the path. */
  handle?(head: RequestHead, reply: Reply, body: ServerRequestBody | undefined): void | Promise<void>
}

/** Opens the listener on a free loopback port. */
export async function openFrontDoor(options: FrontDoorOptions = {}): Promise<FrontDoor> {
  const limits = { ...LIMITS, ...options.limits }
  const rules = { limits, trustedProxies: createAddressSet(options.trustedProxies ?? []) }
  const reached: RequestHead[] = []
  const denials: Denial[] = []
  const defects: unknown[] = []
  const handle = options.handle ?? answerPath
  const clock = createSystemClock()
  const parts: ListenerParts = {
    ...clock,
    // Nobody here is on a slow line: what waits for a slow caller need not wait long.
    schedule: (delayMs, run) => clock.schedule(Math.min(delayMs, options.longestWaitMs ?? 100), run),
    limits,
    tls: options.tls,
    http2: options.http2,
    onRequest(incoming, response, connection) {
      const reply = createReply(incoming, response, connection)
      const head = readHead(incoming, connection, rules)
      if (!head.ok) {
        denials.push(head.error)
        writeDenial(reply, head.error, denialContext())
        return undefined
      }
      const body = createRequestBody(reply, head.value, limits)
      reached.push(head.value)
      return handle(head.value, reply, body)
    },
    onUpgrade(incoming, socket, firstBytes, connection) {
      const reply = createUpgradeReply(connection, socket, firstBytes)
      const head = readHead(incoming, connection, rules)
      if (!head.ok) {
        denials.push(head.error)
        writeDenial(reply, head.error, denialContext())
        return undefined
      }
      reached.push(head.value)
      return handle(head.value, reply, undefined)
    },
    onStream(request, connection) {
      const reply = createHttp2Reply(request, connection)
      const head = readHead(request, connection, rules)
      if (!head.ok) {
        denials.push(head.error)
        writeDenial(reply, head.error, denialContext())
        return undefined
      }
      const body = createHttp2Body(reply, head.value, limits)
      reached.push(head.value)
      return handle(head.value, reply, body)
    },
    onBadRequest(denial) {
      denials.push(denial)
      return renderDenial(denial, denialContext())
    },
    onDefect: error => void defects.push(error),
  }
  const listener = await openListener(
    { host: '127.0.0.1', port: 0 },
    options.tls === undefined ? 'http' : 'https',
    parts,
  )
  const { port } = listener.address()
  return { listener, port, reached, denials, defects, limits, parts, close: () => listener.close() }
}

/** What a denial is rendered with where nothing is known of the request. */
export function denialContext(changes: Partial<DenialContext> = {}): DenialContext {
  return {
    realm: 'orders',
    schemes: [],
    format: 'problem',
    requestId: '6f1c1e2a-0000-4000-8000-000000000001',
    nowMs: 1_767_225_600_000,
    service: undefined,
    operation: '/',
    clientAddress: '127.0.0.1',
    user: undefined,
    application: undefined,
    ...changes,
  }
}

/** The code of a denial's problem document. */
export function codeOf(body: string): ErrorCode | undefined {
  const start = body.indexOf('{')
  return start < 0 ? undefined : (JSON.parse(body.slice(start)) as { code: ErrorCode }).code
}

function answerPath(head: RequestHead, reply: Reply): void {
  reply.send(200, ['content-type', 'text/plain'], `ok ${head.path}`)
}

/** Answers a denial from a handler. */
export function refuse(reply: Reply, denial: Denial): void {
  writeDenial(reply as ServerReply, denial, denialContext())
}

/** Opens a front door and one connection to it, runs, and closes both. Nothing that comes through may be a defect. */
export async function withDoor(
  options: FrontDoorOptions,
  run: (socket: RawSocket, door: FrontDoor) => Promise<void>,
): Promise<void> {
  const door = await openFrontDoor(options)
  try {
    const socket = await openRawSocket({ port: door.port })
    await run(socket, door)
    socket.destroy()
    assert.deepEqual(door.defects, [])
  } finally {
    await door.close()
  }
}
