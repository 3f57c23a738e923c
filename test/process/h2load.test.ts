/** Somebody else's HTTP/2 client, under load: `h2load` of nghttp2 where it is installed, Node's client where it is not. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { makeCertificate } from '../support/certificate.ts'
import { makeFolder, startGatewayProcess } from '../support/command.ts'
import { openHttp2 } from '../support/http2-call.ts'

const REQUESTS = 500
const STREAMS = 10

const settings = `
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: one } ] }
security_settings:
  keystores: [ { name: edge, entries: [ { alias: one, certificate: tls.crt, private_key: tls.key } ] } ]
apis: [ { name: orders, upstream: "builtin:echo", open: true } ]
`

interface Load {
  readonly succeeded: number
  readonly failed: number
  /** Which client it was. */
  readonly client: string
}

/** Runs `h2load`; undefined where there is none. */
async function runH2load(url: string): Promise<Load | undefined> {
  const child = spawn('h2load', ['-n', String(REQUESTS), '-c', '2', '-m', String(STREAMS), url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const isThere = await new Promise<boolean>(resolve => {
    child.once('spawn', () => resolve(true))
    child.once('error', () => resolve(false))
  })
  if (!isThere) return undefined
  const printed = await text(child.stdout)
  const [, succeeded] = /^status codes: (\d+) 2xx/m.exec(printed) ?? []
  const [, failed, errored, late] = / (\d+) failed, (\d+) errored, (\d+) timeout/.exec(printed) ?? []
  assert.match(printed, /Application protocol: h2\n/)
  return { succeeded: Number(succeeded), failed: Number(failed) + Number(errored) + Number(late), client: 'h2load' }
}

async function runNodeClient(url: string, ca: string): Promise<Load> {
  const { origin, pathname } = new URL(url)
  const client = await openHttp2(origin, ca)
  let [started, succeeded, failed] = [0, 0, 0]
  const work = async (): Promise<void> => {
    while (started++ < REQUESTS) {
      const { status } = await client.send({ path: pathname }).catch(() => ({ status: 0 }))
      if (status === 200) succeeded += 1
      else failed += 1
    }
  }
  await Promise.all(Array.from({ length: STREAMS }, work))
  await client.close()
  return { succeeded, failed, client: 'node:http2' }
}

test(`${REQUESTS} requests in ${STREAMS} streams at a time are all answered`, async t => {
  const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
  const cwd = makeFolder(t, { 'microgateway.yml': settings, 'tls.crt': cert, 'tls.key': key })
  const running = await startGatewayProcess(t, { cwd, environment: { mcgw_ports_https: '127.0.0.1:0' } })
  const origin = /^ {2}https +(http\S+)/m.exec(running.stderr)?.[1] ?? ''
  const url = `${origin}/orders/items`
  for (const load of [await runH2load(url), await runNodeClient(url, cert)]) {
    if (load !== undefined)
      assert.deepEqual({ ...load, client: '' }, { succeeded: REQUESTS, failed: 0, client: '' }, load.client)
  }
  running.signal('SIGTERM')
  assert.equal(await running.ended(), 0)
})
