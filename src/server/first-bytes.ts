import type { Server as NetServer, Socket } from 'node:net'
import type { Schedule } from '../clock/schedule.ts'

/** What a client that knows beforehand that it may speak HTTP/2 begins with (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/**
 * Tells from the first bytes of a connection whether it speaks HTTP/2 with prior knowledge, and gives the bytes back to the socket
 * before it calls `decide`, once. A caller that says too little for `timeoutMs`, or leaves, is cut.
 */
export function sniffPreface(
  socket: Socket,
  schedule: Schedule,
  timeoutMs: number,
  decide: (isHttp2: boolean) => void,
): void {
  let seen: Buffer = Buffer.alloc(0)
  const destroy = (): void => void socket.destroy()
  const finish = (): void => {
    cancel()
    socket.off('readable', look).off('end', destroy).off('close', cancel)
  }
  const look = (): void => {
    const bytes: Buffer | null = socket.read()
    if (bytes === null) return
    seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes])
    const length = Math.min(seen.length, PREFACE.length)
    const isLike = seen.compare(PREFACE, 0, length, 0, length) === 0
    if (isLike && length < PREFACE.length) return
    finish()
    socket.unshift(seen)
    decide(isLike)
  }
  const cancel = schedule(timeoutMs, destroy)
  socket.on('error', destroy).on('readable', look).on('end', destroy).on('close', cancel)
}

/**
 * Puts a choice before Node's own way to serve a new socket: `choose` calls `serve` for what is HTTP/1.x. Call it before anybody else
 * listens: Node's listener is the first.
 */
export function chooseBeforeServing(
  server: NetServer,
  event: 'connection' | 'secureConnection',
  choose: (socket: Socket, serve: () => void) => void,
): void {
  const [nodesOwn] = server.listeners(event)
  if (nodesOwn === undefined) throw new TypeError(`nobody serves the sockets of ${event}`)
  server.off(event, nodesOwn as (socket: Socket) => void)
  server.on(event, (socket: Socket) => choose(socket, () => Reflect.apply(nodesOwn, server, [socket])))
}
