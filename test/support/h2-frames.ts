/** HTTP/2 frame by frame (RFC 9113 section 4.1), because a client that keeps the rules cannot send the frames that matter. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** Frame types (section 6). */
export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const

export const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const

/** Error codes (section 7). */
export const CODE = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calm: 11,
} as const

/** Settings (section 6.5.2). */
export const SETTING = {
  tableSize: 1,
  enablePush: 2,
  maxStreams: 3,
  windowSize: 4,
  frameSize: 5,
  listSize: 6,
  connectProtocol: 8,
} as const

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** Any frame, also one that no client may send; `length` lies about the payload where it is given. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array | string = '',
  length?: number,
): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : Buffer.from(payload)
  const head = Buffer.alloc(9)
  head.writeUIntBE(length ?? bytes.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream >>> 0, 5)
  return Buffer.concat([head, bytes])
}

export function settings(...pairs: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(pairs.length * 6)
  pairs.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6)
    payload.writeUInt32BE(value >>> 0, i * 6 + 2)
  })
  return frame(TYPE.settings, 0, 0, payload)
}

export const settingsAck = (): Buffer => frame(TYPE.settings, FLAG.ack, 0)
export const ping = (text = '12345678'): Buffer => frame(TYPE.ping, 0, 0, text)
export const reset = (stream: number, code: number = CODE.cancel): Buffer => frame(TYPE.reset, 0, stream, uint32(code))
export const windowUpdate = (stream: number, by: number): Buffer => frame(TYPE.window, 0, stream, uint32(by))
export const goaway = (last: number, code: number): Buffer =>
  frame(TYPE.goaway, 0, 0, Buffer.concat([uint32(last), uint32(code)]))
export const priority = (stream: number, on: number): Buffer =>
  frame(TYPE.priority, 0, stream, Buffer.concat([uint32(on), Buffer.from([15])]))
export const data = (stream: number, bytes: string, endStream = false): Buffer =>
  frame(TYPE.data, endStream ? FLAG.endStream : 0, stream, bytes)

/** A whole header block in one frame. */
export function headers(stream: number, block: Uint8Array, flags: number = FLAG.endHeaders | FLAG.endStream): Buffer {
  return frame(TYPE.headers, flags, stream, block)
}

export const continuation = (stream: number, block: Uint8Array, flags = 0): Buffer =>
  frame(TYPE.continuation, flags, stream, block)

export type FieldList = readonly (readonly [string, string])[]

/** HPACK without compression: literals that are not indexed, names and values as they are (RFC 7541 section 6.2.2). */
export function hpack(list: FieldList): Buffer {
  return Buffer.concat(list.map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)])))
}

/** A literal that goes into the dynamic table (section 6.2.1). */
export function hpackIndexed(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), text(name), text(value)])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([integer(bytes.length, 7), bytes])
}

function integer(value: number, prefixBits: number): Buffer {
  const most = 2 ** prefixBits - 1
  if (value < most) return Buffer.from([value])
  const bytes = [most]
  let rest = value - most
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

/** The status of an answer whose sender was told to keep no dynamic table; undefined where the block does not begin with one. */
export function statusOf(block: Buffer): number | undefined {
  let at = 0
  while (((block[at] ?? 0) & 0xe0) === 0x20) at++
  const first = block[at] ?? 0
  if (first >= 0x88 && first <= 0x8e) return [200, 204, 206, 304, 400, 404, 500][first - 0x88]
  const length = block[at + 1] ?? 0
  const value = block.subarray(at + 2, at + 2 + (length & 127))
  return Number(length >= 128 ? huffmanDigits(value) : value.toString('latin1'))
}

/** Decodes digits only (RFC 7541 appendix B): `0` to `2` have five bits, the others six. */
function huffmanDigits(bytes: Buffer): string {
  const bits = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('')
  let digits = ''
  for (let at = 0; digits.length < 3; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2)
    if (five <= 2) {
      digits += five
      at += 5
    } else {
      digits += Number.parseInt(bits.slice(at, at + 6), 2) - 0b011001 + 3
      at += 6
    }
  }
  return digits
}

/** One connection that speaks frames. */
export interface H2Wire {
  readonly socket: Socket
  send(...bytes: readonly (Uint8Array | string)[]): void
  /** Frames that came so far. */
  readonly frames: readonly Frame[]
  readonly isClosed: boolean
  /** Resolves with the first frame that fits; rejects at the deadline, or where the connection ends without it. */
  frame(what: string, fits: (frame: Frame) => boolean): Promise<Frame>
  /** Status of the answer on a stream. */
  status(stream: number): Promise<number | undefined>
  /** Resolves with the code of a stream's reset. */
  resetOf(stream: number): Promise<number>
  /** Resolves with the code of a GOAWAY that is no mere farewell, or -1 where the connection ends without. */
  refused(): Promise<number>
  closed(): Promise<void>
  destroy(): void
}

export interface H2WireOptions {
  readonly port: number
  /** Speak TLS, trusting this certificate, with `h2` by ALPN. */
  readonly ca?: string
  /** Sent at once; the preface and empty settings by default. */
  readonly begin?: readonly (Uint8Array | string)[]
  readonly deadlineMs?: number
}

/** Settings under which answers can be read without a table. */
export const PLAIN_SETTINGS: Buffer = settings([SETTING.tableSize, 0])

/** Connects and begins; the settings of the server are not waited for. */
export function openH2Wire(options: H2WireOptions): Promise<H2Wire> {
  const { port, ca, begin = [PREFACE, PLAIN_SETTINGS], deadlineMs = 5_000 } = options
  const socket =
    ca === undefined
      ? connect({ port, host: '127.0.0.1' })
      : connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost', ALPNProtocols: ['h2'] })
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  let rest: Buffer = Buffer.alloc(0)
  let isClosed = false
  const notify = (): void => {
    for (const look of [...waiting]) look()
  }
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 9) {
      const length = rest.readUIntBE(0, 3)
      if (rest.length < 9 + length) break
      const [type, flags] = [rest.readUInt8(3), rest.readUInt8(4)]
      frames.push({ type, flags, stream: rest.readUInt32BE(5), payload: rest.subarray(9, 9 + length) })
      rest = rest.subarray(9 + length)
    }
    notify()
  })
  // A reset is one way to be closed.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    isClosed = true
    notify()
  })
  const wait = <T>(what: string, look: () => T | undefined, lost?: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer)
        waiting.delete(check)
        settle()
      }
      const seen = (): string => frames.map(({ type, flags, stream }) => `${type}/${flags}@${stream}`).join(' ')
      const check = (): void => {
        const found = look()
        if (found !== undefined) finish(() => resolve(found))
        else if (isClosed)
          finish(() => (lost === undefined ? reject(new Error(`${what}: ${seen()}`)) : resolve(lost())))
      }
      const timer = setTimeout(() => finish(() => reject(new Error(`${what}: not in time: ${seen()}`))), deadlineMs)
      waiting.add(check)
      check()
    })
  const find = (what: string, fits: (one: Frame) => boolean): Promise<Frame> => wait(what, () => frames.find(fits))
  const wire: H2Wire = {
    socket,
    frames,
    get isClosed() {
      return isClosed
    },
    send: (...bytes) => {
      if (!socket.destroyed) {
        socket.write(Buffer.concat(bytes.map(one => (typeof one === 'string' ? Buffer.from(one, 'latin1') : one))))
      }
    },
    frame: find,
    async status(stream) {
      const head = await find(`an answer on ${stream}`, one => one.type === TYPE.headers && one.stream === stream)
      return statusOf(head.payload)
    },
    async resetOf(stream) {
      const found = await find(`a reset of ${stream}`, one => one.type === TYPE.reset && one.stream === stream)
      return found.payload.readUInt32BE(0)
    },
    refused: () =>
      wait(
        'a GOAWAY with a code',
        () => {
          const found = frames.find(one => one.type === TYPE.goaway && one.payload.readUInt32BE(4) !== CODE.none)
          return found?.payload.readUInt32BE(4)
        },
        () => -1,
      ),
    closed: () =>
      wait(
        'the end of the connection',
        () => (isClosed ? true : undefined),
        () => true,
      ).then(() => undefined),
    destroy: () => void socket.destroy(),
  }
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once(ca === undefined ? 'connect' : 'secureConnect', () => {
      socket.off('error', reject)
      wire.send(...begin)
      resolve(wire)
    })
  })
}
