/** Two connected TCP sockets on loopback: what one writes the other reads. Both stay half-open when the other ends. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface SocketPair {
  /** The end that a test plays. */
  readonly near: Socket
  /** The end that the code under test gets. */
  readonly far: Socket
}

/** Connects two sockets; the caller destroys them. */
export async function connectPair(): Promise<SocketPair> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const near = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown]
  server.close()
  for (const socket of [near, far]) socket.on('error', () => undefined)
  return { near, far }
}
