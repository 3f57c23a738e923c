import { pino } from 'pino'

/** Where log lines go: the main log and the access log share one, so that their lines stay in order. */
export interface LogDestination {
  /** Takes one line with its line end. Never blocks, never throws. */
  write(line: string): void
  /** Lines thrown away because whoever reads the log was too slow. */
  readonly dropped: number
  /** Writes what is pending before it returns: for the last words of a process. */
  flush(): void
  /** Writes what is pending and lets go of the descriptor. */
  close(): Promise<void>
}

/** What is kept for a slow reader of the log before lines are dropped, in bytes. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024

/**
 * Opens a file descriptor, usually 1 (standard output). Writing is asynchronous: lines that arrive while a write is under way
 * leave together with the next one, so a busy gateway makes few system calls and a blocked pipe never blocks a request.
 */
export function openLogDestination(descriptor: number): LogDestination {
  const sink = pino.destination({ fd: descriptor, sync: false, minLength: 0, maxLength: MAX_PENDING_BYTES })
  let dropped = 0
  let broken = false
  sink.on('drop', () => {
    dropped += 1
  })
  // A reader that went away (EPIPE) must not end the gateway: its lines are lost, its work is not.
  sink.on('error', () => {
    broken = true
  })
  return {
    write(line) {
      if (!broken) sink.write(line)
    },
    get dropped() {
      return dropped
    },
    flush() {
      try {
        sink.flushSync()
      } catch {
        broken = true
      }
    },
    close() {
      if (broken) return Promise.resolve()
      return new Promise(resolve => {
        sink.once('finish', resolve)
        sink.once('close', resolve)
        sink.once('error', resolve)
        sink.end()
      })
    },
  }
}
