/** An upstream that reads requests properly and answers with exactly the bytes that a test wants, whether or not they are an answer. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { SeenRequest, TestUpstream } from './upstream.ts'

/** One connection as the upstream saw it. */
export interface UpstreamConnection {
  readonly number: number
  readonly socket: Socket
  /** Targets of the requests that came over it, in order. */
  readonly targets: readonly string[]
  isOpen(): boolean
}

/** A request whose head has come. */
export interface Arrival {
  readonly socket: Socket
  readonly connection: UpstreamConnection
  readonly method: string
  readonly target: string
  readonly lines: readonly string[]
  /** Resolves when the whole request has come; never, where it does not come. */
  readonly whole: Promise<void>
}

export interface HostileUpstream extends TestUpstream {
  readonly list: readonly UpstreamConnection[]
  /** The connection that a target was last asked over. */
  connectionOf(target: string): UpstreamConnection | undefined
  /** How often a target was asked. */
  countOf(target: string): number
}

export interface HostileUpstreamPlan {
  /** Called for each request head. */
  readonly answer: (arrival: Arrival) => void
  /** Called for each connection, before any request. */
  readonly accept?: (connection: UpstreamConnection) => void
}

interface Reading {
  buffered: Buffer
  /** How the body that is being read ends; undefined between requests. */
  body: { left: number } | 'chunked' | undefined
  resolveWhole: () => void
}

/** Starts it on a port of the system's choice. */
export async function startHostileUpstream({ answer, accept }: HostileUpstreamPlan): Promise<HostileUpstream> {
  const requests: SeenRequest[] = []
  const list: (UpstreamConnection & { readonly targets: string[] })[] = []
  const received: Buffer[] = []
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    const connection = {
      number: list.length,
      socket,
      targets: [] as string[],
      isOpen: () => !socket.destroyed && !socket.readableEnded,
    }
    list.push(connection)
    accept?.(connection)
    const reading: Reading = { buffered: Buffer.alloc(0), body: undefined, resolveWhole: () => undefined }
    socket.on('error', () => undefined)
    socket.on('end', () => socket.end())
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk)
      reading.buffered = Buffer.concat([reading.buffered, chunk])
      while (advance(reading, socket, connection));
    })
  })

  /** Takes one head or one body out of what has come; false where more must come first. */
  const advance = (reading: Reading, socket: Socket, connection: (typeof list)[number]): boolean => {
    if (reading.body !== undefined) return finishBody(reading)
    const end = reading.buffered.indexOf('\r\n\r\n')
    if (end < 0) return false
    const [first = '', ...fields] = reading.buffered.subarray(0, end).toString('latin1').split('\r\n')
    reading.buffered = reading.buffered.subarray(end + 4)
    const [method = '', target = ''] = first.split(' ')
    const lines = fields.flatMap(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
    const fieldOf = (name: string): string | undefined => {
      const at = lines.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name)
      return at < 0 ? undefined : lines[at + 1]
    }
    reading.body =
      fieldOf('transfer-encoding') === undefined ? { left: Number(fieldOf('content-length') ?? 0) } : 'chunked'
    requests.push({ method, url: target, lines, body: Buffer.alloc(0), ended: true })
    connection.targets.push(target)
    const { promise: whole, resolve } = Promise.withResolvers<void>()
    reading.resolveWhole = resolve
    answer({ socket, connection, method, target, lines, whole })
    return true
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    list,
    connectionOf: target => list.findLast(({ targets }) => targets.includes(target)),
    countOf: target => requests.filter(({ url }) => url === target).length,
    raw: () => Buffer.concat(received).toString('latin1'),
    connections: () => list.length,
    open: () => list.filter(connection => connection.isOpen()).length,
    resetAll() {
      for (const { socket } of list) socket.resetAndDestroy()
    },
    async close() {
      for (const { socket } of list) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function finishBody(reading: Reading): boolean {
  const { body, buffered } = reading
  if (body === 'chunked') {
    const end = buffered.indexOf('0\r\n\r\n')
    if (end < 0) return false
    reading.buffered = buffered.subarray(end + 5)
  } else if (body !== undefined) {
    const taken = Math.min(body.left, buffered.length)
    body.left -= taken
    reading.buffered = buffered.subarray(taken)
    if (body.left > 0) return false
  }
  reading.body = undefined
  reading.resolveWhole()
  return true
}
