/** A real HTTP/2 upstream on loopback, cleartext with prior knowledge, that records what it sees as the others do. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { SeenRequest, TestUpstream } from './upstream.ts'

export type OnStream = (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => void

/** Starts it; `onStream` answers each request. `raw` tells the bytes of the connections, which are frames. */
export async function startHttp2Upstream(onStream: OnStream): Promise<TestUpstream> {
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const received: number[] = []
  const server = createServer()
  server.on('connection', (socket: Socket) => {
    const number = received.push(0) - 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      received[number] = socket.bytesRead
      sockets.delete(socket)
    })
  })
  server.on('sessionError', () => undefined)
  server.on('stream', (stream: ServerHttp2Stream, fields: IncomingHttpHeaders, _flags: number, lines: string[]) => {
    const seen: SeenRequest = {
      method: fields[':method'] ?? '',
      url: fields[':path'] ?? '',
      lines,
      body: Buffer.alloc(0),
      ended: false,
    }
    requests.push(seen)
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => {
      seen.body = Buffer.concat([seen.body, chunk])
    })
    stream.on('end', () => {
      seen.ended = true
    })
    onStream(stream, fields)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    // Requests stand for their bytes: pings and settings come whenever they like.
    raw: () => requests.map(({ method, url, body }) => `${method} ${url} ${body.toString('latin1')}`).join('\n'),
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
