/** Calls over TLS connections that a test shapes: client certificate, server name, version, session. */

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { type Answer, toAnswer } from './call.ts'

/** Connects and resolves once the handshake is over; rejects where it fails. Over TLS 1.3 a server may refuse later. */
export async function openTls(origin: string, options: ConnectionOptions): Promise<TLSSocket> {
  const { hostname, port } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port), servername: 'localhost', ...options })
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  return socket
}

/** The certificate that a server shows, by its fingerprint. */
export function shownBy(socket: TLSSocket): string | undefined {
  return socket.getPeerX509Certificate()?.fingerprint256
}

/** Fingerprint of a certificate in PEM. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256
}

/** Makes a GET on an open connection; rejects where the connection ends before the answer. */
export function sendOn(socket: TLSSocket, path = '/orders', lines: readonly string[] = []): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  let received = ''
  const look = (chunk: Buffer): void => {
    received += chunk.toString('latin1')
    const end = received.indexOf('\r\n\r\n')
    const length = /content-length: (\d+)/i.exec(received)?.[1]
    if (end >= 0 && length !== undefined && received.length >= end + 4 + Number(length)) {
      socket.off('data', look).off('close', lost)
      resolve(toAnswer(received))
    }
  }
  const lost = (): void => reject(new Error(`closed after ${JSON.stringify(received)}`))
  socket.on('data', look).once('close', lost)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`)
  return promise
}

/** Connects, makes one call, and closes. */
export async function callTls(origin: string, options: ConnectionOptions, path?: string): Promise<Answer> {
  const socket = await openTls(origin, options)
  try {
    return await sendOn(socket, path)
  } finally {
    socket.destroy()
  }
}
