import { pino } from 'pino'

/** Where log lines go: the main log and the access log share one, so that their lines stay in order. */
export interface LogDestination {
  /** Takes one line with its line end. Never blocks, never throws. */
  write(line: string): void
  /** Lines thrown away because whoever reads the log was too slow. */
  readonly dropped: number
  /** Writes what is pending and takes no more. Resolves also where the reader is gone, or too slow to wait for. */
  close(): Promise<void>
}

/** What is kept for a slow reader of the log before lines are dropped, in bytes. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024

/** How long the last lines may take, in milliseconds. A synchronous write would never end where the reader is gone. */
const LAST_WORDS_MS = 1000
/** Lines wait this long for company, in milliseconds: a busy gateway makes one system call for many. */
const GATHER_MS = 10
/** Lines of this size together do not wait, in bytes. */
const GATHER_BYTES = 8 * 1024

/**
 * Opens a file descriptor, usually 1 (standard output). Writing is asynchronous: lines leave together with those that arrive within
 * some milliseconds, or while a write is under way, and a blocked pipe never blocks a request.
 */
export function openLogDestination(descriptor: number): LogDestination {
  const sink = pino.destination({ fd: descriptor, sync: false, minLength: GATHER_BYTES, maxLength: MAX_PENDING_BYTES })
  let dropped = 0
  // True once the reader is gone, or the destination closed.
  let broken = false
  let isGathering = false
  const release = (): void => {
    isGathering = false
    if (!broken) sink.flush()
  }
  sink.on('drop', () => {
    dropped += 1
  })
  // A reader that went away (EPIPE) must not end the gateway: its lines are lost, its work is not.
  sink.on('error', () => {
    broken = true
  })
  return {
    write(line) {
      if (broken) return
      sink.write(line)
      if (isGathering) return
      isGathering = true
      setTimeout(release, GATHER_MS)
    },
    get dropped() {
      return dropped
    },
    close() {
      if (broken) return Promise.resolve()
      broken = true
      return new Promise(resolve => {
        const done = (): void => {
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(done, LAST_WORDS_MS)
        for (const event of ['finish', 'close', 'error']) sink.once(event, done)
        sink.end()
      })
    },
  }
}
