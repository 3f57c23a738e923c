/**
 * The slow callers of F7 and their upstream, in a process of their own, so that what they cost is not taken for the gateway's. Says
 * its upstream's origin, is told `{ port, connections }`, opens them and says which local ports are whose.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as pace } from 'node:timers/promises'

export type SlowKind = 'head' | 'body' | 'reader'
export const SLOW_KINDS: readonly SlowKind[] = ['head', 'body', 'reader']

export interface SlowOrder {
  readonly port: number
  readonly connections: number
  /** Milliseconds between batches of 20. */
  readonly pauseMs: number
}

/** Local ports of the connections, by kind. */
export type SlowPorts = Readonly<Record<SlowKind, readonly number[]>>

/** How often each of them shows that it is still alive. */
const DRIP_MS = 500
/** Strangers do not keep time with each other: a part of them every 20 ms. */
const DRIP_PARTS = 25
/** More than the buffers on the way hold. */
const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x')
/** Opened at once, and then waited for. */
export const BATCH = 5

const FIRST_BYTES: Readonly<Record<SlowKind, string>> = {
  head: 'GET /orders HTTP/1.1\r\nHost: x\r\nX-A: ',
  body: 'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx',
  reader: 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n',
}

async function open(port: number, kind: SlowKind): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.on('end', () => socket.destroy())
  if (kind === 'reader') socket.pause()
  else socket.resume()
  socket.write(FIRST_BYTES[kind])
  await once(socket, 'connect')
  return socket
}

async function work(order: SlowOrder): Promise<void> {
  const { port, connections } = order
  const ports: Record<SlowKind, number[]> = { head: [], body: [], reader: [] }
  const writers: Socket[] = []
  for (let i = 0; i < connections; i += BATCH) {
    const opening = Array.from({ length: Math.min(BATCH, connections - i) }, async (_, j) => {
      const kind = SLOW_KINDS[(i + j) % SLOW_KINDS.length] as SlowKind
      const socket = await open(port, kind)
      ports[kind].push(socket.localPort ?? 0)
      if (kind !== 'reader') writers.push(socket)
    })
    await Promise.all(opening)
    await pace(order.pauseMs)
  }
  let part = 0
  setInterval(() => {
    for (let i = part; i < writers.length; i += DRIP_PARTS) if (writers[i]?.writable) writers[i]?.write('x')
    part = (part + 1) % DRIP_PARTS
  }, DRIP_MS / DRIP_PARTS)
  process.send?.(ports)
}

if (process.send !== undefined) {
  const server = createServer((request, response) => {
    response.on('error', () => undefined)
    if (request.method === 'GET') response.writeHead(200, { 'content-length': LARGE.length }).end(LARGE)
    else request.on('end', () => response.end('ok')).resume()
  })
  server.listen(0, '127.0.0.1', () => {
    process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  process.on('message', order => void work(order as SlowOrder))
  process.on('disconnect', () => process.exit())
}
