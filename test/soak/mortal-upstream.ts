/**
 * An upstream to be killed: notes each request on disk before it answers, so that what it saw outlives it.
 * `node mortal-upstream.ts PORT FILE`; says its port on standard output once it accepts.
 */
import { openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [port = '0', file = ''] = process.argv.slice(2)
const notes = openSync(file, 'a')

const server = createServer((request, response) => {
  writeSync(notes, `${request.method} ${request.url}\n`)
  request.resume().on('end', () => response.writeHead(200, { 'content-length': 2 }).end('ok'))
})
server.listen(Number(port), '127.0.0.1', () => {
  writeSync(1, `${(server.address() as AddressInfo).port}\n`)
})
