/**
 * An HTTP/2 upstream that writes its own frames, because `node:http2` cannot send the answers that matter. It speaks cleartext with
 * prior knowledge, reads frame heads only, and does for each stream what a test wants.
 */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'

export const FRAME = {
  data: 0,
  headers: 1,
  rst: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
}
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 }

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** Writes one frame (RFC 9113 section 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array | string = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  const head = Buffer.alloc(9)
  head.writeUIntBE(bytes.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, bytes])
}

/** Writes fields without compression (RFC 7541 section 6.2.2): name, value, name, value, …. */
export function fieldBlock(...fields: readonly string[]): Buffer {
  return Buffer.concat(fields.map((text, i) => Buffer.concat([Buffer.from(i % 2 === 0 ? [0] : []), literal(text)])))
}

/** Writes a number of four bytes. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A head with this status that ends no stream. */
export function head(stream: number, status: string, ...fields: readonly string[]): Buffer {
  return frame(FRAME.headers, FLAG.endHeaders, stream, fieldBlock(':status', status, ...fields))
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const prefix = [127]
  let rest = bytes.length - 127
  for (; rest >= 128; rest >>>= 7) prefix.push((rest & 127) | 128)
  prefix.push(rest)
  return Buffer.concat([Buffer.from(prefix), bytes])
}

export interface RawHttp2Upstream {
  readonly origin: string
  /** Numbers of the streams that were opened, connection by connection. */
  readonly streams: readonly (readonly number[])[]
  /** Frames other than settings, as `type stream`. */
  readonly frames: readonly string[]
  open(): number
  close(): Promise<void>
}

/**
 * Starts it.
 *
 * @param onStream called for each request head with the socket, the stream's number and how many requests came before.
 * @param onConnection what is written first. Default: empty settings.
 */
export async function startRawHttp2Upstream(
  onStream: (socket: Socket, stream: number, before: number) => void,
  onConnection: (socket: Socket) => void = socket => socket.write(frame(FRAME.settings, 0, 0)),
): Promise<RawHttp2Upstream> {
  const streams: number[][] = []
  const frames: string[] = []
  const sockets = new Set<Socket>()
  let requests = 0
  const server = createServer(socket => {
    const opened: number[] = []
    streams.push(opened)
    sockets.add(socket)
    let buffer: Buffer = Buffer.alloc(0)
    let isGreeted = false
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.setNoDelay(true)
    onConnection(socket)
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk])
      if (!isGreeted) {
        if (buffer.length < PREFACE.length) return
        buffer = buffer.subarray(PREFACE.length)
        isGreeted = true
      }
      while (buffer.length >= 9) {
        const length = buffer.readUIntBE(0, 3)
        if (buffer.length < 9 + length) return
        const [type, flags, stream] = [buffer[3] ?? 0, buffer[4] ?? 0, buffer.readUInt32BE(5)]
        buffer = buffer.subarray(9 + length)
        if (type === FRAME.settings) {
          if ((flags & FLAG.ack) === 0) socket.write(frame(FRAME.settings, FLAG.ack, 0))
          continue
        }
        frames.push(`${type} ${stream}`)
        if (type !== FRAME.headers) continue
        opened.push(stream)
        onStream(socket, stream, requests++)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    streams,
    frames,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
