/** Calls over HTTP/2 with Node's client: many on one connection, with trailers, and with resets seen as such. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { type Answer, type Call, ITEMS } from './call.ts'

/** An answer over HTTP/2, with what came behind its body. */
export interface Http2Answer extends Answer {
  readonly trailers: Readonly<Record<string, string>>
}

export interface Http2Client {
  readonly session: ClientHttp2Session
  /** Makes a call and resolves with the whole answer; rejects where the stream or the connection breaks before its end. */
  send(call?: Call, more?: OutgoingHttpHeaders): Promise<Http2Answer>
  /** Begins a call; its body is open where the call has none and `endStream` is false. */
  open(call?: Call, options?: { readonly endStream?: boolean }): ClientHttp2Stream
  close(): Promise<void>
}

/** Connects: over TLS to an `https:` origin, with prior knowledge to an `http:` one. */
export async function openHttp2(origin: string, ca?: string): Promise<Http2Client> {
  const session = connect(origin, { ...(ca !== undefined && { ca }), servername: 'localhost' })
  session.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    session.once('error', reject)
    session.once('connect', () => {
      session.off('error', reject)
      resolve()
    })
  })
  const open: Http2Client['open'] = (call = {}, options = {}) => {
    const stream = session.request(headersOf(call), { endStream: options.endStream ?? call.body === undefined })
    stream.on('error', () => undefined)
    return stream
  }
  return {
    session,
    open,
    send(call = {}, more = {}) {
      const stream = session.request({ ...headersOf(call), ...more }, { endStream: call.body === undefined })
      if (call.body !== undefined) stream.end(call.body)
      return readAnswer(stream)
    },
    async close() {
      if (session.destroyed) return
      const closed = new Promise(resolve => session.once('close', resolve))
      session.destroy()
      await closed
    },
  }
}

/** Reads the answer of a stream to its end. */
export function readAnswer(stream: ClientHttp2Stream): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    let status = 0
    const fields = new Map<string, string[]>()
    const trailers: Record<string, string> = {}
    const chunks: Buffer[] = []
    let isEnded = false
    stream.on('response', (_headers, _flags, raw: string[]) => {
      for (let i = 0; i + 1 < raw.length; i += 2) {
        const name = raw[i] ?? ''
        const value = raw[i + 1] ?? ''
        if (name === ':status') status = Number(value)
        else fields.set(name, [...(fields.get(name) ?? []), value])
      }
    })
    stream.on('trailers', (headers: IncomingHttpHeaders) => {
      for (const [name, value] of Object.entries(headers)) trailers[name] = String(value)
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      isEnded = true
    })
    stream.on('error', reject)
    stream.on('close', () => {
      if (status === 0 || !isEnded || stream.rstCode !== 0) {
        reject(new Error(`the stream was reset with ${stream.rstCode}`))
        return
      }
      const body = Buffer.concat(chunks).toString()
      resolve({
        status,
        fields,
        body,
        trailers,
        field: name => fields.get(name)?.[0],
        json: () => JSON.parse(body) as Record<string, unknown>,
      })
    })
  })
}

function headersOf(call: Call): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ':method': call.method ?? 'GET', ':path': call.path ?? ITEMS }
  if (call.host !== undefined) headers[':authority'] = call.host
  if (call.token !== undefined) headers['authorization'] = `Bearer ${call.token}`
  if (call.basic !== undefined) headers['authorization'] = `Basic ${Buffer.from(call.basic).toString('base64')}`
  if (call.apiKey !== undefined) headers['x-gateway-apikey'] = call.apiKey
  const { lines = [] } = call
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const name = lines[i] as string
    const value = lines[i + 1] as string
    const before = headers[name]
    headers[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [String(before)]), value]
  }
  return headers
}
