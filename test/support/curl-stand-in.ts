/**
 * A stand-in for curl where it is not installed: the options that our documents and samples use, and no others. Run as a program:
 * `node curl-stand-in.ts -i -H 'Name: value' URL`.
 */
import { readFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    include: { type: 'boolean', short: 'i', default: false },
    silent: { type: 'boolean', short: 's' },
    insecure: { type: 'boolean', short: 'k', default: false },
    'path-as-is': { type: 'boolean' },
    user: { type: 'string', short: 'u' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd' },
    request: { type: 'string', short: 'X' },
    cacert: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
  },
})
const [target] = positionals
// Without an argument this file was taken for a test.
if (target !== undefined) call(target)

function call(url: string): void {
  // Taken apart by hand: `URL` would tidy the path up.
  const [, scheme, host, port, path] = /^(https?):\/\/([^/:?]+)(?::(\d+))?(\/.*)?$/.exec(url) ?? []
  if (scheme === undefined) throw new TypeError(`not a URL: ${url}`)
  const headers = values.header.map(line => line.split(/: */, 2) as [string, string])
  const send = scheme === 'https' ? requestHttps : requestHttp
  const outgoing = send({
    host,
    port,
    path: path ?? '/',
    method: values.request ?? (values.data === undefined ? 'GET' : 'POST'),
    headers: Object.fromEntries(headers),
    agent: false,
    rejectUnauthorized: !values.insecure,
    ...(values.user !== undefined && { auth: values.user }),
    ...(values.cacert !== undefined && { ca: readFileSync(values.cacert) }),
    ...(values.cert !== undefined && { cert: readFileSync(values.cert) }),
    ...(values.key !== undefined && { key: readFileSync(values.key) }),
  })
  outgoing.on('response', response => {
    const { rawHeaders, statusCode, statusMessage } = response
    const lines = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
    if (values.include) process.stdout.write(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}\r\n`)
    response.pipe(process.stdout)
  })
  outgoing.on('error', error => {
    console.error(`curl: ${error.message}`)
    process.exitCode = 7
  })
  outgoing.end(values.data)
}
