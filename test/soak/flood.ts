/** Requests thrown over a few connections without waiting, and how often each status came back. */
import { connect, type Socket } from 'node:net'

export interface Flood {
  /** Sends requests (Latin-1) over the next connection; a connection that ended is replaced. */
  send(requests: string): void
  /** Answers so far, by status. */
  readonly answers: ReadonlyMap<number, number>
  /** All answers so far. */
  total(): number
  close(): void
}

/** Enough of the last chunk to find a status line that is cut in two. */
const OVERLAP = 11

/** Opens so many connections to a gateway. */
export function openFlood(port: number, width: number): Flood {
  const answers = new Map<number, number>()
  const open = (): Socket => {
    const socket = connect(port, '127.0.0.1')
    let tail = ''
    socket.setEncoding('latin1').on('error', () => undefined)
    socket.on('data', (chunk: string) => {
      const text = tail + chunk
      for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
        answers.set(Number(status), (answers.get(Number(status)) ?? 0) + 1)
      }
      tail = text.slice(-OVERLAP)
    })
    return socket
  }
  const sockets = Array.from({ length: width }, open)
  let turn = 0
  return {
    answers,
    total: () => [...answers.values()].reduce((sum, count) => sum + count, 0),
    send(requests) {
      turn = (turn + 1) % width
      const socket = sockets[turn] as Socket
      const usable = socket.destroyed || socket.readableEnded ? open() : socket
      sockets[turn] = usable
      usable.write(requests, 'latin1')
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Writes statuses as one figure: `401:100 503:2`. */
export function listStatuses(answers: ReadonlyMap<number, number>): string {
  return [...answers]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${status}:${count}`)
    .join(',')
}
