/** An upstream that answers each target with exactly the bytes it was given, right or not. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { GeneratedAnswer } from './generate-answer.ts'

export interface BytesUpstream {
  readonly origin: string
  /** What the targets are answered with; any other target is answered with 200 and its own text. */
  answers: ReadonlyMap<string, Pick<GeneratedAnswer, 'bytes' | 'ending'>>
  close(): Promise<void>
}

/** Opens it on a free port. It reads requests without a body. */
export async function openBytesUpstream(): Promise<BytesUpstream> {
  const sockets = new Set<Socket>()
  const answer = (socket: Socket, target: string): void => {
    const given = upstream.answers.get(target)
    if (given === undefined) {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`, 'latin1')
      return
    }
    const { bytes, ending } = given
    if (ending === 'end') socket.end(bytes, 'latin1')
    else if (ending === 'keep') socket.write(bytes, 'latin1')
    else socket.write(bytes, 'latin1', () => socket.resetAndDestroy())
  }
  const server = createServer(socket => {
    let text = ''
    sockets.add(socket)
    socket.setEncoding('latin1')
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (more: string) => {
      text += more
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const [, target = ''] = text.slice(0, text.indexOf('\r\n')).split(' ')
        text = text.slice(end + 4)
        answer(socket, target)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream: BytesUpstream = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: new Map(),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return upstream
}
