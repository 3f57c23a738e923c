import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiSettings } from '../../../src/settings/model.ts'
import { type CompileParts, compileSnapshot } from '../../../src/snapshot/compile.ts'
import type { Snapshot } from '../../../src/snapshot/snapshot.ts'
import { createCompileBench } from '../../support/compile-parts.ts'
import { SAMPLE_API, SAMPLE_AUTH_SERVER, sampleSettings } from '../../support/sample-settings.ts'
import { sampleUpstream } from '../../support/sample-upstream.ts'

const URI = 'https://idp.example.com/jwks'
const JWKS = { maxAgeMs: 1, minAgeMs: 1, maxStaleMs: 1, cooldownMs: 1, fetchTimeoutMs: 1, maxBytes: 1 }
const REMOTE = {
  ...SAMPLE_AUTH_SERVER,
  tokenGenerator: undefined,
  keys: { kind: 'jwksUri', uri: URI, jwks: JWKS, pointer: '/keys' },
} as const
const HTTP: ApiSettings = {
  ...SAMPLE_API,
  upstream: sampleUpstream({ targets: ['http://127.0.0.1:1/a'] }),
}
const SETTINGS = sampleSettings({ users: [], authServers: [REMOTE], apis: [HTTP] })

async function compile(settings = SETTINGS, parts: CompileParts = createCompileBench().parts): Promise<Snapshot> {
  const compiled = await compileSnapshot(settings, parts)
  assert.ok(compiled.ok, JSON.stringify(compiled))
  return compiled.value.snapshot
}

test('a snapshot routes to its APIs, knows its auth servers, and gives all back when it is retired', async () => {
  const { parts } = createCompileBench()
  const snapshot = await compile(SETTINGS, parts)
  assert.equal(snapshot.revision, SETTINGS.revision)
  const match = snapshot.routes.match('GET', 'any', '/orders/1')
  assert.equal(match.kind === 'found' && match.value.identity.template, '/orders/*')
  assert.deepEqual(
    snapshot.authServers.map(({ settings, apis }) => [settings.name, apis]),
    [['local', ['orders']]],
  )
  assert.ok(parts.ledger.size() > 0)
  await snapshot.retire()
  assert.equal(parts.ledger.size(), 0)
})

test('an API that is not active is not there, and no auth server is waited for because of it', async () => {
  const snapshot = await compile({ ...SETTINGS, apis: [{ ...HTTP, active: false }] })
  assert.equal(snapshot.routes.match('GET', 'any', '/orders/1').kind, 'not_found')
  assert.deepEqual(snapshot.authServers[0]?.apis, [])
})

test('what two snapshots agree on is shared: key sets are fetched once, pools and counters are the same', async () => {
  const { parts, fetched } = createCompileBench()
  const one = await compile(SETTINGS, parts)
  const size = parts.ledger.size()
  const two = await compile({ ...SETTINGS, revision: 'another', name: 'another' }, parts)
  assert.equal(parts.ledger.size(), size)
  assert.deepEqual(fetched, [URI])
  assert.equal(one.authServers[0]?.keys, two.authServers[0]?.keys)
  assert.deepEqual([...one.counters], [...two.counters])
  await one.retire()
  assert.equal(parts.ledger.size(), size, 'the other one still reads it')
})

test('a signing key that cannot be had refuses everything, and nothing stays borrowed', async () => {
  const missing = {
    ...SAMPLE_AUTH_SERVER.tokenGenerator,
    keystore: 'nowhere',
  } as typeof SAMPLE_AUTH_SERVER.tokenGenerator
  const { parts } = createCompileBench()
  const settings = { ...SETTINGS, authServers: [REMOTE, { ...SAMPLE_AUTH_SERVER, tokenGenerator: missing }] }
  const refused = await compileSnapshot(settings, parts)
  assert.ok(!refused.ok)
  assert.deepEqual(
    refused.error.map(({ code, pointer }) => [code, pointer]),
    [['config.reference', SAMPLE_AUTH_SERVER.pointer]],
  )
  assert.equal(parts.ledger.size(), 0)
})

test('a defect in the middle of it leaves nothing borrowed either', async () => {
  const { parts } = createCompileBench()
  const broken = { ...HTTP, basePath: 'no base path' }
  await assert.rejects(compileSnapshot({ ...SETTINGS, apis: [broken] }, parts))
  assert.equal(parts.ledger.size(), 0)
})

test('a large configuration lets other work in between', async () => {
  let turns = 0
  const apis = Array.from({ length: 100 }, (_, i) => ({ ...HTTP, name: `api-${i}`, basePath: `/api-${i}` }))
  const compiling = compile({ ...SETTINGS, apis })
  let isDone = false
  const count = (): void => {
    turns += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  const snapshot = await compiling
  isDone = true
  assert.ok(turns >= 4, `${turns} turns`)
  assert.equal(snapshot.routes.match('GET', 'any', '/api-99/1').kind, 'found')
})

test('an auth server without an issuer verifies nothing', async () => {
  const snapshot = await compile({ ...SETTINGS, authServers: [{ ...REMOTE, issuer: undefined }] })
  assert.equal(snapshot.authServers.length, 1)
  const judged = await snapshot.verifiers.trusting(['local']).verify('e30.e30.AA', 0)
  assert.ok(!judged.ok)
})
