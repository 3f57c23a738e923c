/**
 * Real upstream servers on a loopback port that the system chooses. They record every request and every raw byte they see, and
 * misbehave on demand. Tests close them; nothing here outlives its test.
 */
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { createServer as createNetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'

/** One request as the upstream read it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  /** Name, value, … as received. */
  readonly lines: readonly string[]
  /** Complete only once `ended`. */
  body: Buffer
  ended: boolean
}

export interface TestUpstream {
  /** `http://127.0.0.1:port` without trailing slash. */
  readonly origin: string
  readonly requests: readonly SeenRequest[]
  /** Every byte received so far, as Latin-1 text, connection by connection. */
  raw(): string
  /** Connections accepted so far. */
  connections(): number
  /** Connections that are open now. */
  open(): number
  /** Breaks every connection with a reset. */
  resetAll(): void
  close(): Promise<void>
}

/** Ways to answer. A function is an ordinary request listener. */
export type Behaviour = keyof typeof BEHAVIOURS | RequestListener

const BEHAVIOURS = {
  /** 200 with a short text of known length, after the whole request. */
  ok: (request, response) => {
    request.on('end', () => response.writeHead(200, { 'content-length': 2 }).end('ok')).resume()
  },
  /** 200 with the request's body, as it comes. */
  mirror: (request, response) => {
    response.writeHead(200)
    request.pipe(response)
  },
  reset_before_head: request => request.socket.resetAndDestroy(),
  close_before_head: request => request.socket.end(),
  reset_after_head: (request, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('first part', () => request.socket.resetAndDestroy())
  },
  /** Promises 100 bytes, sends 10, ends the connection properly. */
  short_body: (request, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('ten bytes.', () => request.socket.end())
  },
  never: () => undefined,
  /** One event at once; the stream stays open. */
  sse: (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: one\n\n')
  },
} as const satisfies Record<string, RequestListener>

interface ServerOptions {
  /** False keeps neither bodies nor raw bytes, for large ones. Default: true. */
  readonly keepBytes?: boolean
  /** Port of an upstream that is started again; chosen by the system by default. */
  readonly port?: number
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** Starts an HTTP upstream; with `tls`, an HTTPS one. */
export async function startUpstream(behaviour: Behaviour, options: ServerOptions = {}): Promise<TestUpstream> {
  const requests: SeenRequest[] = []
  const answer: RequestListener = typeof behaviour === 'string' ? BEHAVIOURS[behaviour] : behaviour
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    record(request, requests, options.keepBytes ?? true)
    answer(request, response)
  }
  const server: Server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener)
  return listen(server, requests, options.tls === undefined ? 'http' : 'https', options.keepBytes, options.port)
}

/** Starts an upstream that speaks raw bytes: `answer` is called for each request head, with its text and its number. */
export async function startRawUpstream(
  answer: (socket: Socket, head: string, number: number) => void,
): Promise<TestUpstream> {
  const requests: SeenRequest[] = []
  const server = createNetServer(socket => {
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = text.slice(0, end)
      text = ''
      requests.push(parseHead(head))
      answer(socket, head, requests.length)
    })
  })
  return listen(server, requests, 'http')
}

/** Starts a WebSocket upstream that sends every message back, and ends on `bye`. */
export async function startWebSocketUpstream(): Promise<TestUpstream> {
  const requests: SeenRequest[] = []
  const server = createServer((_request, response) => response.writeHead(426).end())
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    record(request, requests, false)
    sockets.handleUpgrade(request, socket, head, client => {
      client.on('message', (data, isBinary) => {
        client.send(data, { binary: isBinary })
        if (String(data) === 'bye') client.close(1000)
      })
    })
  })
  return listen(server, requests, 'http')
}

/** Waits until a condition holds, looking once per turn of the event loop; gives up after five seconds. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  const deadline = performance.now() + 5000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

async function listen(
  server: NetServer,
  requests: readonly SeenRequest[],
  scheme: string,
  keepBytes = true,
  port = 0,
): Promise<TestUpstream> {
  const sockets = new Set<Socket>()
  const received: Buffer[][] = []
  server.on('connection', (socket: Socket) => {
    const chunks: Buffer[] = []
    received.push(chunks)
    sockets.add(socket)
    // On a TLS server these are the encrypted bytes: a listener there would take them from the TLS layer.
    if (scheme === 'http' && keepBytes) socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    origin: `${scheme}://127.0.0.1:${address.port}`,
    requests,
    raw: () => received.map(chunks => Buffer.concat(chunks).toString('latin1')).join(''),
    connections: () => received.length,
    open: () => sockets.size,
    resetAll() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function record(request: IncomingMessage, requests: SeenRequest[], keepBody: boolean): void {
  const seen: SeenRequest = {
    method: request.method ?? '',
    url: request.url ?? '',
    lines: request.rawHeaders,
    body: Buffer.alloc(0),
    ended: false,
  }
  requests.push(seen)
  if (!keepBody) return
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    seen.body = Buffer.concat(chunks)
    seen.ended = true
  })
}

function parseHead(head: string): SeenRequest {
  const [first = '', ...fields] = head.split('\r\n')
  const [method = '', url = ''] = first.split(' ')
  const lines = fields.flatMap(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
  return { method, url, lines, body: Buffer.alloc(0), ended: true }
}
