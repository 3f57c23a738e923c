import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { applyLimits, createHttpServer } from '../../../src/server/http-server.ts'
import { LIMITS } from '../../support/front-door.ts'

const OPTIONS = [
  'IncomingMessage',
  'maxHeaderSize',
  'headersTimeout',
  'requestTimeout',
  'keepAliveTimeout',
  'connectionsCheckingInterval',
  'requireHostHeader',
  'insecureHTTPParser',
  'noDelay',
  'highWaterMark',
  'shouldUpgradeCallback',
]

test('every option of Node that we rely on exists in Node 24', () => {
  const source = readFileSync(new URL('../../../src/server/http-server.ts', import.meta.url), 'utf8')
  const block = source.slice(source.indexOf('const options: ServerOptions = {'), source.indexOf('const server ='))
  const used = [...block.matchAll(/^ {4}([A-Za-z]+)[:,]/gm)].map(match => match[1])
  assert.deepEqual(used, OPTIONS)

  const types = dirname(createRequire(import.meta.url).resolve('@types/node/package.json'))
  const declarations = readFileSync(`${types}/http.d.ts`, 'utf8')
  const start = declarations.indexOf('interface ServerOptions')
  for (const option of OPTIONS) {
    const at = declarations.indexOf(`        ${option}?:`, start)
    assert.ok(at > 0, option)
    const comment = declarations.slice(declarations.lastIndexOf('/**', at), at)
    const since = /@since v?(\d+)\.(\d+)/.exec(comment.split('?:').length > 1 ? '' : comment)
    assert.ok(since === null || Number(since[1]) <= 24, `${option} is there since ${since?.[0]}`)
  }
})

test('no field line is hidden, and limits can be changed while the server runs', () => {
  const server = createHttpServer(
    LIMITS,
    () => false,
    undefined,
    () => undefined,
    () => false,
  )
  assert.equal(server.maxHeadersCount, 0)
  assert.equal(server.headersTimeout, LIMITS.headersTimeoutMs)
  applyLimits(server, { ...LIMITS, headersTimeoutMs: 7_000, requestTimeoutMs: 1, idleTimeoutMs: 9 })
  assert.deepEqual([server.headersTimeout, server.requestTimeout, server.keepAliveTimeout], [7_000, 7_000, 9])
  assert.equal(server.maxHeadersCount, 0)
})
