/**
 * A listening port and its connections: accepts, reads heads through Node's parser, hands requests over, and answers by itself only
 * what never was a request. It knows no API, no policy and no upstream. Nothing that happens on a connection, and nothing that a
 * callback throws, may end the process. `gateway.ts` opens listeners; `serve-exchange.ts` is behind `onRequest` and `onUpgrade`.
 */
import type { IncomingMessage, Server as PlainServer, ServerResponse } from 'node:http'
import { Server as SecureServer } from 'node:https'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { Denial } from '../errors/denial.ts'
import { Fields } from '../message/fields.ts'
import type { LimitsSettings, ListenAddress } from '../settings/model.ts'
import { Connection, type ConnectionRules } from './connection.ts'
import { scanFields } from './field-scan.ts'
import { applyLimits, createHttpServer, type HttpServer } from './http-server.ts'
import { type ClientError, denialOfClientError } from './parser-error.ts'
import { toRawAnswer } from './raw-answer.ts'
import { SERVED_METHODS } from './read-head.ts'
import { bodyErrorOf } from './request-body.ts'
import type { ServerTls } from './tls.ts'
import { judgeUpgrade, WEBSOCKET } from './upgrade-request.ts'
import type { RenderedDenial } from './write-denial.ts'

export interface ListenerParts {
  readonly clock: Clock
  readonly schedule: Schedule
  readonly limits: LimitsSettings
  /** What an `https` listener serves; required for it. */
  readonly tls?: ServerTls | undefined
  /** A request whose head Node could parse. It must be answered through `createReply`. */
  onRequest(incoming: IncomingMessage, response: ServerResponse, connection: Connection): void | Promise<void>
  /** A WebSocket request. It must be answered through `createUpgradeReply`; `firstBytes` came behind the head. */
  onUpgrade(
    incoming: IncomingMessage,
    socket: Duplex,
    firstBytes: Uint8Array,
    connection: Connection,
  ): void | Promise<void>
  /** Bytes that are no request: log them, and say what to answer (`renderDenial`); the listener sends it and closes. */
  onBadRequest(denial: Denial, connection: Connection): RenderedDenial
  /** A callback threw: a defect of ours. */
  onDefect(error: unknown): void
}

export type ListenerKind = 'http' | 'https' | 'admin'

export interface Listener {
  readonly kind: ListenerKind
  /** What it was opened with. */
  readonly wanted: ListenAddress
  address(): { readonly host: string; readonly port: number }
  /** With a host that can be called from this machine. */
  readonly url: string
  /** Takes new limits, and for HTTPS new certificates, for connections and requests from now on. */
  update(limits: LimitsSettings, tls?: ServerTls): void
  /**
   * Stops accepting at once; answers close their connections, idle connections are closed after a moment in which a request that
   * is already on its way still arrives. Resolves when the last connection is gone.
   */
  drain(): Promise<void>
  /** Destroys what is left. */
  close(): Promise<void>
  /** Connections that are open, upgraded ones included. */
  connections(): number
}

/** How long an idle connection may still send a request while draining. */
const IDLE_GRACE_MS = 200
const IDLE_SWEEP_MS = 50
/** Requests that may wait on one connection for the answers before theirs; a caller that sends more is cut. */
const MAX_WAITING = 1_000

/**
 * Opens a listener and resolves when it accepts. Rejects with the system's error (`EADDRINUSE`, `EACCES`, …) where it cannot.
 * The admin listener is plain HTTP.
 */
export async function openListener(
  address: ListenAddress,
  kind: ListenerKind,
  parts: ListenerParts,
): Promise<Listener> {
  const listener = new NodeListener(address, kind, parts)
  await listener.listen()
  return listener
}

class NodeListener implements Listener {
  readonly kind: ListenerKind
  readonly wanted: ListenAddress
  readonly #parts: ListenerParts
  readonly #server: HttpServer
  readonly #rules: ConnectionRules
  readonly #sockets = new Set<Socket>()
  readonly #connections = new Map<Duplex, Connection>()
  #tls: ServerTls | undefined
  #isListening = false
  #closed: Promise<void> | undefined

  constructor(wanted: ListenAddress, kind: ListenerKind, parts: ListenerParts) {
    this.wanted = wanted
    this.kind = kind
    this.#parts = parts
    this.#tls = parts.tls
    this.#rules = {
      clock: parts.clock,
      schedule: parts.schedule,
      tls: kind === 'https',
      draining: false,
      maxTargetBytes: parts.limits.maxTargetBytes,
      idleTimeoutMs: parts.limits.idleTimeoutMs,
    }
    if (kind === 'https' && parts.tls === undefined) throw new TypeError('an https listener needs a certificate')
    const tls = kind === 'https' ? parts.tls : undefined
    this.#server = createHttpServer(
      parts.limits,
      incoming => this.#takeUpgrade(incoming),
      tls,
      () => this.#tls,
    )
    this.#subscribe()
  }

  listen(): Promise<void> {
    const { port, host } = this.wanted
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(host === undefined ? { port } : { port, host }, () => {
        this.#isListening = true
        this.#server.off('error', reject)
        this.#server.on('error', error => this.#parts.onDefect(error))
        resolve()
      })
    })
  }

  address(): { readonly host: string; readonly port: number } {
    const address = this.#server.address() as AddressInfo | null
    return { host: address?.address ?? this.wanted.host ?? '', port: address?.port ?? this.wanted.port }
  }

  get url(): string {
    const { host, port } = this.address()
    const name = host === '::' || host === '0.0.0.0' || host === '' ? '127.0.0.1' : host
    return `${this.kind === 'https' ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${port}`
  }

  update(limits: LimitsSettings, tls?: ServerTls): void {
    applyLimits(this.#server, limits)
    this.#rules.idleTimeoutMs = limits.idleTimeoutMs
    this.#rules.maxTargetBytes = limits.maxTargetBytes
    if (tls === undefined || !(this.#server instanceof SecureServer)) return
    this.#tls = tls
    this.#server.setSecureContext(tls.options)
  }

  connections(): number {
    return this.#sockets.size
  }

  drain(): Promise<void> {
    const closed = this.#stopAccepting()
    this.#parts.schedule(IDLE_GRACE_MS, () => this.#closeIdle())
    return closed
  }

  close(): Promise<void> {
    const closed = this.#stopAccepting()
    for (const socket of this.#sockets) socket.destroy()
    return closed
  }

  #subscribe(): void {
    const server: PlainServer = this.#server
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    const onConnection = (socket: Socket): void => this.#track(socket)
    if (server instanceof SecureServer) server.on('secureConnection', onConnection)
    else server.on('connection', onConnection)
    const onRequest = (incoming: IncomingMessage, response: ServerResponse): void => this.#handOver(incoming, response)
    server.on('request', onRequest)
    // `readHead` judges the expectation; `100 Continue` is sent when the body is wanted.
    server.on('checkContinue', onRequest)
    server.on('checkExpectation', onRequest)
    server.on('upgrade', (incoming, socket, head) => this.#handUpgradeOver(incoming, socket, head))
    server.on('connect', (incoming, socket) => {
      const denial: Denial = { code: 'request.method_refused', allow: SERVED_METHODS }
      this.#refuseSocket(incoming, socket, denial)
    })
    server.on('clientError', (error, socket) => this.#onClientError(error, socket))
  }

  #track(socket: Socket): void {
    const connection = new Connection(socket, this.#rules, settled => this.#onSettled(settled))
    this.#connections.set(socket, connection)
    socket.once('close', () => this.#connections.delete(socket))
  }

  #handOver(incoming: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(incoming.socket)
    // RFC 9112 section 9.6: after an answer that closes, nothing is a request any more.
    if (connection === undefined || connection.isClosing || connection.socket.destroyed) return
    connection.begin(incoming, response)
    if (connection.pending === 1) this.#serve(incoming, response, connection)
    else if (connection.waiting.push(response) > MAX_WAITING) connection.socket.destroy()
  }

  /** One request of a connection at a time: a caller that pipelines has no more of the gateway than one that waits for its answers. */
  #serve(incoming: IncomingMessage, response: ServerResponse, connection: Connection): void {
    this.#run(
      () => this.#parts.onRequest(incoming, response, connection),
      () => connection.socket.destroy(),
    )
  }

  #handUpgradeOver(incoming: IncomingMessage, socket: Duplex, firstBytes: Uint8Array): void {
    const connection = this.#connections.get(incoming.socket)
    // Before Node 24.9 there is no `shouldUpgradeCallback`.
    if (connection === undefined || !isUpgradeOn(connection, incoming)) {
      this.#refuseSocket(incoming, socket, { code: 'request.upgrade_refused' })
      return
    }
    connection.isClosing = true
    connection.pending++
    socket.on('error', () => socket.destroy())
    socket.once('close', connection.settle)
    this.#run(
      () => this.#parts.onUpgrade(incoming, socket, firstBytes, connection),
      () => socket.destroy(),
    )
  }

  /** Node asks for every request with `Upgrade`, and hands those over as ordinary ones that are not taken. */
  #takeUpgrade(incoming: IncomingMessage): boolean {
    const connection = this.#connections.get(incoming.socket)
    const isTaken = connection !== undefined && isUpgradeOn(connection, incoming)
    if (connection !== undefined && !isTaken) connection.stranded = incoming
    return isTaken
  }

  #refuseSocket(incoming: IncomingMessage, socket: Duplex, denial: Denial): void {
    socket.on('error', () => socket.destroy())
    const connection = this.#connections.get(incoming.socket)
    if (connection === undefined || connection.pending > 0) socket.destroy()
    else {
      socket.resume()
      this.#answer(connection, denial)
    }
  }

  #onClientError(error: ClientError, socket: Duplex): void {
    const connection = this.#connections.get(socket)
    // No connection: the TLS handshake failed, and text would mean nothing to the caller.
    if (connection === undefined) {
      socket.destroy()
      return
    }
    // Reported again with every further byte.
    if (connection.failure !== undefined) return
    const denial = denialOfClientError(error, connection)
    if (denial === undefined) {
      if (error.code !== 'HPE_CLOSED_CONNECTION') socket.destroy()
      return
    }
    const { incoming, pending } = connection
    const isInBody = incoming !== undefined && !incoming.complete
    // A connection that never sent a byte, and a body whose answer is out, are closed without a word.
    if (connection.isClosing ? pending === 0 : pending === 0 && (isInBody || connection.socket.bytesRead === 0)) {
      socket.destroy()
      return
    }
    connection.failure = denial
    connection.isClosing = true
    if (pending === 0) this.#answer(connection, denial)
    else if (isInBody) connection.body?.fail(bodyErrorOf(denial))
  }

  /** An answer is out: now the next request that waits, then the answer to what came behind them all, or the end. */
  #onSettled(connection: Connection): void {
    const { socket, failure, incoming } = connection
    if (socket.destroyed || !socket.writable) return
    const next = connection.waiting.shift()
    if (next !== undefined) this.#serve(next.req, next, connection)
    else if (failure !== undefined && incoming?.complete === true) this.#answer(connection, failure)
    else if (failure !== undefined || this.#rules.draining) socket.destroySoon()
  }

  #answer(connection: Connection, denial: Denial): void {
    const { socket } = connection
    try {
      const answer = this.#parts.onBadRequest(denial, connection)
      if (socket.writable) connection.closeSlowly(toRawAnswer(answer, this.#parts.clock.now()))
      else socket.destroy()
    } catch (error) {
      socket.destroy()
      this.#parts.onDefect(error)
    }
  }

  #run(callback: () => void | Promise<void>, giveUp: () => void): void {
    const fail = (error: unknown): void => {
      giveUp()
      this.#parts.onDefect(error)
    }
    try {
      const promise = callback()
      if (promise !== undefined) promise.catch(fail)
    } catch (error) {
      fail(error)
    }
  }

  #stopAccepting(): Promise<void> {
    this.#rules.draining = true
    this.#closed ??= !this.#isListening
      ? Promise.resolve()
      : new Promise<void>(resolve => {
          this.#server.once('close', () => {
            // Now for its other half: Node's timer that looks for overdue requests.
            this.#server.close()
            resolve()
          })
          // Not the server's own `close`, which destroys idle connections whose next request is already on its way.
          NetServer.prototype.close.call(this.#server)
        })
    return this.#closed
  }

  #closeIdle(): void {
    for (const connection of this.#connections.values()) {
      if (connection.isIdle()) connection.socket.destroySoon()
    }
    if (this.#sockets.size > 0) this.#parts.schedule(IDLE_SWEEP_MS, () => this.#closeIdle())
  }
}

/** A WebSocket request that nothing else is under way before: an upgrade must not overtake the answers that are owed. */
function isUpgradeOn(connection: Connection, incoming: IncomingMessage): boolean {
  if (connection.isClosing || connection.pending > 0) return false
  const scan = scanFields(new Fields(incoming.rawHeaders))
  return judgeUpgrade(incoming.method ?? '', incoming.httpVersion, scan) === WEBSOCKET
}
