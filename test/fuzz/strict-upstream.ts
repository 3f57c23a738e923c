/** An upstream that reads by the letter and remembers whatever a gateway should not have sent. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { nameSecondReading } from './strict-path.ts'
import { readStrictly, type StrictRequest } from './strict-request.ts'

export interface StrictUpstream {
  readonly origin: string
  /** Requests that came whole so far; the answer to each tells its number. */
  readonly count: number
  /** The bearer token without which nothing may come under `/orders`. */
  token: string
  /**
   * Takes what was wrong so far; undefined if nothing was. A caller may have the gateway take the token away by naming it in
   * `Connection`: then a request without one is no fault.
   */
  takeComplaint(mayLackToken?: boolean): string | undefined
  /** Takes the requests that came whole since the last time. */
  takeRequests(): readonly StrictRequest[]
  close(): Promise<void>
}

/** Opens it on a free port. Everything below `/open` is open to all, everything below `/orders` needs the token, nothing else is there. */
export async function openStrictUpstream(): Promise<StrictUpstream> {
  const sockets = new Set<Socket>()
  let count = 0
  let complaint: string | undefined
  let withoutToken: string | undefined
  let requests: StrictRequest[] = []
  const take = (socket: Socket, request: StrictRequest): void => {
    count += 1
    requests.push(request)
    if (request.fields.has('authorization') || isOpen(request)) complaint ??= judge(request, upstream.token)
    else withoutToken ??= `the upstream saw ${request.path} without a token`
    const body = `seen ${count}`
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${request.method === 'HEAD' ? '' : body}`,
      'latin1',
    )
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
      for (;;) {
        if (text === '') return
        const read = readStrictly(text)
        if (read.kind === 'incomplete') return
        if (read.kind === 'wrong') {
          complaint ??= `the upstream saw ${read.why}`
          socket.destroy()
          return
        }
        text = text.slice(read.request.length)
        take(socket, read.request)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream: StrictUpstream = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: '',
    get count() {
      return count
    },
    takeComplaint(mayLackToken = false) {
      const taken = complaint ?? (mayLackToken ? undefined : withoutToken)
      complaint = undefined
      withoutToken = undefined
      return taken
    },
    takeRequests() {
      const taken = requests
      requests = []
      return taken
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return upstream
}

function isOpen({ path }: StrictRequest): boolean {
  return /^\/open(?:\/|$)/.test(path)
}

function judge(request: StrictRequest, token: string): string | undefined {
  const { path, fields } = request
  const second = nameSecondReading(path)
  if (second !== undefined) return `the upstream saw a path with two readings, ${path}: ${second}`
  if (isOpen(request)) return undefined
  if (!/^\/orders(?:\/|$)/.test(path)) return `the upstream saw ${path}, which no API has`
  const presented = fields.get('authorization') ?? ''
  return /^Bearer +(\S+)$/i.exec(presented)?.[1] === token ? undefined : `the upstream saw ${path} with ${presented}`
}
