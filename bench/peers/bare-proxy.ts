/**
 * The floor for a proxy in Node.js as it comes: `node:http` in, `dispatch` of undici out, streamed, hop-by-hop fields left out.
 * No policy, no log, no limits. `UPSTREAM` and `PORT` come from the environment.
 */
import { createServer } from 'node:http'
import { type Dispatcher, Pool } from 'undici'

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const upstream = new Pool(process.env['UPSTREAM'] ?? '', { connections: 64, pipelining: 1, allowH2: false })

const server = createServer((incoming, outgoing) => {
  const fields: string[] = []
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    const name = incoming.rawHeaders[i] as string
    if (!HOP_BY_HOP.has(name.toLowerCase())) fields.push(name, incoming.rawHeaders[i + 1] as string)
  }
  const hasBody =
    incoming.headers['content-length'] !== undefined || incoming.headers['transfer-encoding'] !== undefined
  let controller: Dispatcher.DispatchController | undefined
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) controller?.abort(new Error('the caller left'))
  })
  upstream.dispatch(
    {
      path: incoming.url ?? '/',
      method: (incoming.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: fields,
      body: hasBody ? incoming : null,
    },
    {
      onRequestStart(started) {
        controller = started
      },
      onResponseStart(started, status) {
        const kept: string[] = []
        const raw = (started.rawHeaders ?? []) as Buffer[]
        for (let i = 0; i < raw.length; i += 2) {
          const name = String(raw[i])
          if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, String(raw[i + 1]))
        }
        outgoing.writeHead(status, kept)
      },
      onResponseData(started, chunk) {
        if (outgoing.write(chunk)) return
        started.pause()
        outgoing.once('drain', () => started.resume())
      },
      onResponseEnd() {
        outgoing.end()
      },
      onResponseError() {
        if (outgoing.headersSent) outgoing.destroy()
        else outgoing.writeHead(502).end()
      },
    },
  )
})

server.listen(Number(process.env['PORT']), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))
