/**
 * A listening port and its connections: accepts, reads heads through Node's parser, hands requests over, and answers by itself only
 * what never was a request. It knows no API, no policy and no upstream. Nothing that happens on a connection, and nothing that a
 * callback throws, may end the process. `gateway.ts` opens listeners; `serve-exchange.ts` is behind `onRequest` and `onUpgrade`.
 */
import type { IncomingMessage, Server as PlainServer, ServerResponse } from 'node:http'
import { Server as SecureServer } from 'node:https'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Schedule } from '../clock/schedule.ts'
import type { Denial } from '../errors/denial.ts'
import type { Http2Settings, LimitsSettings, ListenAddress } from '../settings/model.ts'
import { Connection, type ConnectionRules, IDLE_GRACE_MS } from './connection.ts'
import { admitSocket, type ConnectionCap, NO_ROOM } from './connection-cap.ts'
import { chooseBeforeServing, sniffPreface } from './first-bytes.ts'
import { SERVED_METHODS } from './head-checks.ts'
import { applyLimits, createHttpServer, type HttpServer } from './http-server.ts'
import { type Http2Parts, Http2Server } from './http2-server.ts'
import { answerOnSocket, handleClientError, refuseSocket } from './refused-socket.ts'
import type { ServerTls } from './tls.ts'
import { isUpgradeOn } from './upgrade-request.ts'

export interface ListenerParts extends Http2Parts {
  readonly schedule: Schedule
  readonly limits: LimitsSettings
  /** What an `https` listener serves; required for it. */
  readonly tls?: ServerTls | undefined
  /** Without it there is no HTTP/2. */
  readonly http2?: Http2Settings | undefined
  /** The places that this listener shares with others; without it, it takes whoever comes. */
  readonly cap?: ConnectionCap | undefined
  /** A request whose head Node could parse. It must be answered through `createReply`. */
  onRequest(incoming: IncomingMessage, response: ServerResponse, connection: Connection): void | Promise<void>
  /** A WebSocket request. It must be answered through `createUpgradeReply`; `firstBytes` came behind the head. */
  onUpgrade(
    incoming: IncomingMessage,
    socket: Duplex,
    firstBytes: Uint8Array,
    connection: Connection,
  ): void | Promise<void>
}

export type ListenerKind = 'http' | 'https' | 'admin'

export interface Listener {
  readonly kind: ListenerKind
  /** What it was opened with. */
  readonly wanted: ListenAddress
  address(): { readonly host: string; readonly port: number }
  /** With a host that can be called from this machine. */
  readonly url: string
  /** Takes new limits, for HTTPS new certificates, and what is said of HTTP/2, for connections and requests from now on. */
  update(limits: LimitsSettings, tls?: ServerTls, http2?: Http2Settings): void
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

const IDLE_SWEEP_MS = 50

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
  readonly #http2: Http2Server
  #tls: ServerTls | undefined
  #limits: LimitsSettings
  #http2Settings: Http2Settings | undefined
  #isListening = false
  #closed: Promise<void> | undefined

  constructor(wanted: ListenAddress, kind: ListenerKind, parts: ListenerParts) {
    this.wanted = wanted
    this.kind = kind
    this.#parts = parts
    this.#tls = parts.tls
    this.#limits = parts.limits
    this.#http2Settings = parts.http2
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
      () => this.#http2Settings?.enabled === true,
      error => parts.onDefect(error),
    )
    this.#http2 = new Http2Server(this.#rules, parts)
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

  update(limits: LimitsSettings, tls?: ServerTls, http2?: Http2Settings): void {
    applyLimits(this.#server, limits)
    this.#limits = limits
    this.#http2Settings = http2
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
    this.#http2.drain()
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
    if (server instanceof SecureServer) {
      chooseBeforeServing(server, 'secureConnection', (socket, serve) => this.#chooseByAlpn(socket, serve))
    } else chooseBeforeServing(server, 'connection', (socket, serve) => this.#chooseByPreface(socket, serve))
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      const admission = admitSocket(socket, this.#parts.cap)
      // Before a handshake nothing can be said to the caller that it would understand.
      if (admission === 'dropped' || (admission === 'refused' && this.kind === 'https')) socket.destroy()
      else if (admission === 'refused') this.#track(socket).closeSlowly(NO_ROOM)
      else if (!(server instanceof SecureServer)) this.#track(socket)
    })
    const onRequest = (incoming: IncomingMessage, response: ServerResponse): void => this.#handOver(incoming, response)
    server.on('request', onRequest)
    // `readHead` judges the expectation; `100 Continue` is sent when the body is wanted.
    server.on('checkContinue', onRequest)
    server.on('checkExpectation', onRequest)
    server.on('upgrade', (incoming, socket, head) => this.#handUpgradeOver(incoming, socket, head))
    server.on('connect', (incoming, socket) => {
      const denial: Denial = { code: 'request.method_refused', allow: SERVED_METHODS }
      refuseSocket(socket, this.#connections.get(incoming.socket), denial, this.#parts)
    })
    server.on('clientError', (error, socket) =>
      handleClientError(error, socket, this.#connections.get(socket), this.#parts),
    )
  }

  #chooseByAlpn(socket: Socket, serve: () => void): void {
    const settings = this.#http2Settings
    if (settings !== undefined && 'alpnProtocol' in socket && socket.alpnProtocol === 'h2') {
      this.#http2.accept(socket, this.#limits, settings)
    } else {
      serve()
      this.#track(socket)
    }
  }

  #chooseByPreface(socket: Socket, serve: () => void): void {
    const settings = this.#http2Settings
    if (this.kind !== 'http' || settings?.cleartext !== true) {
      serve()
      return
    }
    sniffPreface(socket, this.#parts.schedule, this.#limits.headersTimeoutMs, isHttp2 => {
      // Told meanwhile that there is no room.
      if (this.#connections.get(socket)?.isClosing === true) socket.resume()
      else if (isHttp2) {
        this.#connections.delete(socket)
        this.#http2.accept(socket, this.#limits, settings)
      } else serve()
    })
  }

  #track(socket: Socket): Connection {
    const connection = new Connection(socket, this.#rules, settled => this.#onSettled(settled))
    this.#connections.set(socket, connection)
    socket.once('close', () => this.#connections.delete(socket))
    return connection
  }

  #handOver(incoming: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(incoming.socket)
    // RFC 9112 section 9.6: after an answer that closes, nothing is a request any more.
    if (connection === undefined || connection.isClosing || connection.socket.destroyed) return
    connection.begin(incoming, response)
    if (connection.pending === 1) this.#serve(incoming, response, connection)
    else connection.putOff(response)
  }

  /** One request of a connection at a time: a caller that pipelines has no more of the gateway than one that waits for its answers. */
  #serve(incoming: IncomingMessage, response: ServerResponse, connection: Connection): void {
    connection.serving = response
    this.#run(
      () => this.#parts.onRequest(incoming, response, connection),
      () => connection.socket.destroy(),
    )
  }

  #handUpgradeOver(incoming: IncomingMessage, socket: Duplex, firstBytes: Uint8Array): void {
    const connection = this.#connections.get(incoming.socket)
    // Before Node 24.9 there is no `shouldUpgradeCallback`.
    if (connection === undefined || !isUpgradeOn(connection, incoming)) {
      refuseSocket(socket, connection, { code: 'request.upgrade_refused' }, this.#parts)
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

  /** An answer is out: now the next request that waits, then the answer to what came behind them all, or the end. */
  #onSettled(connection: Connection): void {
    const { socket, failure, incoming } = connection
    if (socket.destroyed || !socket.writable) return
    const next = connection.waiting.shift()?.response
    if (next !== undefined) this.#serve(next.req, next, connection)
    else if (failure !== undefined && incoming?.complete === true) answerOnSocket(connection, failure, this.#parts)
    else if (failure !== undefined || this.#rules.draining) socket.destroySoon()
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
