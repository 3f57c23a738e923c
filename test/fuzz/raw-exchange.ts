import { connect } from 'node:net'

/** How a connection went. */
export interface RawExchange {
  /** Everything that came, as Latin-1. */
  readonly received: string
  /** It was still open at the deadline. */
  readonly isOverdue: boolean
}

export interface RawEnd {
  /** Says whether everything has come that must come. */
  readonly isAnswered: (received: string) => boolean
  /** False stays until the other side closes. */
  readonly leaves: boolean
}

/** Milliseconds after the last answer that is waited for, and after the end of the sending side. */
const END_AFTER_MS = 25
const LEAVE_AFTER_MS = 75

export interface RawExchangePlan {
  readonly port: number
  /** What is sent: the parts each in a packet of its own, as far as the system obeys. */
  readonly parts: readonly string[]
  /** For what may wait for more: once what must come has come, the sending side ends, and then the caller leaves. */
  readonly end?: RawEnd
  readonly deadlineMs: number
}

/** Sends bytes over a connection of their own and resolves when it is closed, at the latest at the deadline. */
export function exchangeRaw({ port, parts, end, deadlineMs }: RawExchangePlan): Promise<RawExchange> {
  return new Promise(resolve => {
    let received = ''
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: false })
    const timers: NodeJS.Timeout[] = []
    const finish = (isOverdue: boolean): void => {
      for (const timer of timers) clearTimeout(timer)
      socket.destroy()
      resolve({ received, isOverdue })
    }
    timers.push(setTimeout(() => finish(true), deadlineMs))
    let isWaiting = true
    const endLater = (): void => {
      if (end === undefined || !end.isAnswered(received)) return
      isWaiting = false
      timers.push(setTimeout(() => socket.end(), END_AFTER_MS))
      if (end.leaves) timers.push(setTimeout(() => finish(false), END_AFTER_MS + LEAVE_AFTER_MS))
    }
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      received += text
      if (end !== undefined && isWaiting) endLater()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => finish(false))
    for (const part of parts) socket.write(part, 'latin1')
    if (end !== undefined) endLater()
  })
}

/** Waits for so many answers of HTTP/1.1. */
export function hasAnswers(count: number): RawEnd['isAnswered'] {
  return received => received.split('HTTP/1.1 ').length > count
}
