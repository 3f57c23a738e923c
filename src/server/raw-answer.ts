import { statusPhrase } from '../errors/status-phrase.ts'
import type { RenderedDenial } from './write-denial.ts'

/**
 * Writes a whole answer as text, for sockets that are no longer, or never were, a matter of Node's response: it ends the
 * connection. `nowMs` is the time for `Date`, in milliseconds since the epoch.
 */
export function toRawAnswer(answer: RenderedDenial, nowMs: number): string {
  const head = rawHead(answer.status, statusPhrase(answer.status), [
    'date',
    new Date(nowMs).toUTCString(),
    ...answer.fields,
    'content-length',
    String(Buffer.byteLength(answer.body)),
    'connection',
    'close',
  ])
  // The text goes out as Latin-1, byte by byte; the body is UTF-8.
  return head + Buffer.from(answer.body).toString('latin1')
}

/** Writes a head. Fields must be valid: nothing is escaped here. */
export function rawHead(status: number, phrase: string, fields: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${phrase}\r\n`
  for (let i = 0; i + 1 < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  return `${text}\r\n`
}
