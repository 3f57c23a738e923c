import type { Duplex } from 'node:stream'
import type { Clock } from '../clock/clock.ts'
import type { Denial } from '../errors/denial.ts'
import type { Caller } from './caller.ts'
import type { Connection } from './connection.ts'
import { type ClientError, denialOfClientError } from './parser-error.ts'
import { toRawAnswer } from './raw-answer.ts'
import { bodyErrorOf } from './request-body.ts'
import type { RenderedDenial } from './write-denial.ts'

/** What answers bytes that never became a request; a listener's parts have it. */
export interface RefusalParts {
  readonly clock: Clock
  /** Bytes that are no request: log them, and say what to answer (`renderDenial`); the listener sends it and closes. */
  onBadRequest(denial: Denial, caller: Caller): RenderedDenial
  /** A callback threw: a defect of ours. */
  onDefect(error: unknown): void
}

/** Answers with a denial on the bare socket, and closes it. */
export function answerOnSocket(connection: Connection, denial: Denial, parts: RefusalParts): void {
  const { socket } = connection
  try {
    const answer = parts.onBadRequest(denial, connection)
    if (socket.writable) connection.closeSlowly(toRawAnswer(answer, parts.clock.now()))
    else socket.destroy()
  } catch (error) {
    socket.destroy()
    parts.onDefect(error)
  }
}

/**
 * Refuses what Node handed over as a bare socket; `connection` is undefined where nothing is known of it. The answers that are owed come
 * first (RFC 9112 section 9.3.2), and what comes behind the last answer of a connection is no request.
 */
export function refuseSocket(
  socket: Duplex,
  connection: Connection | undefined,
  denial: Denial,
  parts: RefusalParts,
): void {
  socket.on('error', () => socket.destroy())
  if (connection === undefined) {
    socket.destroy()
    return
  }
  socket.resume()
  if (connection.pending > 0) finishAnswers(socket, connection)
  if (connection.isClosing) return
  if (connection.pending === 0) answerOnSocket(connection, denial, parts)
  else {
    connection.failure = denial
    connection.isClosing = true
  }
}

/** Node took its listeners off the socket: an answer that waits for its reader would wait for ever. */
function finishAnswers(socket: Duplex, connection: Connection): void {
  socket.on('drain', () => connection.serving?.emit('drain'))
  socket.on('timeout', () => socket.destroy())
}

/** Judges what Node reports with `clientError`: an answer at once, later (behind those that are owed), or a closed connection. */
export function handleClientError(
  error: ClientError,
  socket: Duplex,
  connection: Connection | undefined,
  parts: RefusalParts,
): void {
  // No connection: the TLS handshake failed, and text would mean nothing to the caller.
  if (connection === undefined) {
    socket.destroy()
    return
  }
  // Reported again with every further byte.
  if (connection.failure !== undefined) return
  const denial = denialOfClientError(error, connection)
  if (denial === undefined) {
    if (error.code !== 'HPE_CLOSED_CONNECTION') socket.destroy()
    return
  }
  const { incoming, pending } = connection
  const isInBody = incoming !== undefined && !incoming.complete
  // A connection that never sent a byte, and a body whose answer is out, are closed without a word.
  if (connection.isClosing ? pending === 0 : pending === 0 && (isInBody || connection.socket.bytesRead === 0)) {
    socket.destroy()
    return
  }
  connection.failure = denial
  connection.isClosing = true
  if (pending === 0) answerOnSocket(connection, denial, parts)
  else if (isInBody) connection.body?.fail(bodyErrorOf(denial))
}
