import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Bytes of a connection, because an HTTP client cannot send the requests that matter. */
export interface RawSocket {
  /** Sends text as Latin-1: one character, one byte. */
  send(text: string): void
  /** Everything that has come so far, as Latin-1. */
  readonly received: string
  /** Resolves with everything that came, once it satisfies the condition; rejects at the deadline and when the other end closes. */
  until(condition: RegExp | ((received: string) => boolean)): Promise<string>
  /** Resolves with everything that came, once the other end has closed; rejects at the deadline. */
  closed(): Promise<string>
  /** Ends the sending side. */
  end(): void
  destroy(): void
  readonly socket: Socket
}

export interface RawSocketOptions {
  readonly port: number
  readonly host?: string
  /** Milliseconds until a wait gives up. */
  readonly deadlineMs?: number
  /** Speak TLS, trusting this certificate. */
  readonly tls?: { readonly ca: string; readonly servername: string }
}

/** Opens a connection; resolves when it stands. */
export function openRawSocket(options: RawSocketOptions): Promise<RawSocket> {
  const { port, host = '127.0.0.1', deadlineMs = 5_000, tls } = options
  const socket = tls === undefined ? connect({ port, host }) : connectTls({ port, host, ...tls })
  let received = ''
  let isClosed = false
  const listeners = new Set<() => void>()
  const notify = (): void => {
    for (const listener of [...listeners]) listener()
  }
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    received += chunk
    notify()
  })
  // A reset is one way to be closed.
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
    notify()
  })

  const wait = (what: string, isDone: () => boolean, isLost: () => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer)
        listeners.delete(look)
        settle()
      }
      const look = (): void => {
        if (isDone()) finish(() => resolve(received))
        else if (isLost()) finish(() => reject(new Error(`${what}: closed after ${JSON.stringify(received)}`)))
      }
      const timer = setTimeout(
        () => finish(() => reject(new Error(`${what}: nothing by the deadline but ${JSON.stringify(received)}`))),
        deadlineMs,
      )
      listeners.add(look)
      look()
    })

  const raw: RawSocket = {
    socket,
    get received() {
      return received
    },
    send: text => void socket.write(text, 'latin1'),
    until: condition => {
      const test = typeof condition === 'function' ? condition : (text: string) => condition.test(text)
      return wait(
        `until ${condition}`,
        () => test(received),
        () => isClosed,
      )
    },
    closed: () =>
      wait(
        'until closed',
        () => isClosed,
        () => false,
      ),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  }
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.off('error', reject)
      resolve(raw)
    })
  })
}

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  /** Lower-case name to values. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  readonly body: string
}

/** Splits what came into answers with a Content-Length (or without a body); what is incomplete is left out. */
export function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = text
  while (rest.startsWith('HTTP/1.1 ')) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) break
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const fields = new Map<string, string[]>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).trim()])
    }
    const length = Number(fields.get('content-length')?.[0] ?? 0)
    const body = rest.slice(end + 4, end + 4 + length)
    if (body.length < length) break
    answers.push({ status: Number(statusLine.split(' ')[1]), fields, body })
    rest = rest.slice(end + 4 + length)
  }
  return answers
}
