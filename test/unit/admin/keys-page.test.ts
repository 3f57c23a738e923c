import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { AdminView } from '../../../src/admin/admin-view.ts'
import { createKeysRefreshTarget, createKeysTarget } from '../../../src/admin/keys-page.ts'
import type { KeySourceStatus } from '../../../src/keys/key-source.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { sampleKeyStatus } from '../../support/sample-key-status.ts'

const KEY = {
  kid: 'a',
  thumbprint: 't',
  algorithms: ['ES256'],
  firstSeenMs: 0,
  lastSeenMs: 1000,
  lastUsedMs: undefined,
} as const

function createWorld(statuses: Readonly<Record<string, Partial<KeySourceStatus>>>) {
  const keys = new Map(Object.entries(statuses).map(([name, status]) => [name, sampleKeyStatus(status)]))
  const view = {
    authServers: () => [...keys].map(([name, status]) => ({ name, issuer: name, apis: [], keys: status })),
  } as Partial<AdminView> as AdminView
  return { keys, view }
}

async function post(target: ReturnType<typeof createKeysRefreshTarget>, body?: string) {
  const reply = new FakeReply()
  const exchange = makeExchange({
    method: 'POST',
    lines: ['content-type', 'application/json; charset=utf-8'],
    ...(body !== undefined && { body: { stream: Readable.from([Buffer.from(body)]) } }),
  })
  const outcome = await target.handle(exchange, reply)
  return { outcome, status: reply.status, json: reply.text === '' ? undefined : JSON.parse(reply.text) }
}

test('the page tells of each key and each source what is known, and leaves out what is not', async () => {
  const { view } = createWorld({
    idp: {
      origin: 'jwksUri',
      observed: [KEY],
      departed: [{ kid: undefined, thumbprint: 'gone', leftAtMs: 5000, lastUsedMs: 4000 }],
      departedUses: 3,
      setAgeMs: 1499,
      nextAttemptAtMs: 60_000,
      lastFailure: 'timeout',
      restored: true,
    },
  })
  const reply = new FakeReply()
  await createKeysTarget(view).handle(makeExchange(), reply)
  assert.deepEqual(JSON.parse(reply.text).auth_servers, [
    {
      name: 'idp',
      issuer: 'idp',
      key_origin: 'jwksUri',
      keys: [
        {
          kid: 'a',
          thumbprint: 't',
          algorithms: ['ES256'],
          first_seen: '1970-01-01T00:00:00.000Z',
          last_seen: '1970-01-01T00:00:01.000Z',
        },
      ],
      departed: [{ thumbprint: 'gone', left: '1970-01-01T00:00:05.000Z', last_used: '1970-01-01T00:00:04.000Z' }],
      departed_key_uses: 3,
      stale: false,
      age_seconds: 1,
      last_failure: 'timeout',
      next_attempt: '1970-01-01T00:01:00.000Z',
      fetches: { fetched: 0, unchanged: 0, failed: 0 },
      from_disk: true,
    },
  ])
})

test('a refresh tells of each auth server what became of it', async () => {
  const { keys, view } = createWorld({
    good: { origin: 'jwksUri', observed: [KEY] },
    bad: { origin: 'discovery' },
    busy: { origin: 'jwksUri' },
    own: { origin: 'own' },
  })
  const target = createKeysRefreshTarget(view, async name => {
    const fetches = { fetched: 1, unchanged: 0, failed: 0 }
    if (name === 'good')
      keys.set(name, sampleKeyStatus({ origin: 'jwksUri', observed: [{ ...KEY, thumbprint: 'new' }], fetches }))
    if (name === 'bad')
      keys.set(name, sampleKeyStatus({ origin: 'discovery', keys: 0, fetches, lastFailure: 'timeout' }))
  })
  const { status, json } = await post(target)
  assert.equal(status, 200)
  assert.deepEqual(json.auth_servers, [
    { name: 'good', result: 'fetched', keys: 1, added: 1, removed: 1 },
    { name: 'bad', result: 'failed', reason: 'timeout', keys: 0, added: 0, removed: 0 },
    { name: 'busy', result: 'too_soon', keys: 1, added: 0, removed: 0 },
    { name: 'own', result: 'nothing_to_fetch', keys: 1, added: 0, removed: 0 },
  ])
})

test('only the auth server that is named is asked, and a body that says anything else is refused', async () => {
  const { view } = createWorld({ one: {}, other: {} })
  const asked: string[] = []
  const target = createKeysRefreshTarget(view, async name => {
    asked.push(name)
  })
  await post(target, '{"authServer":"other"}')
  assert.deepEqual(asked, ['other'])
  assert.equal((await post(target, '{"authServer":"nobody"}')).status, 404)
  for (const body of ['{"authServer":1}', '{"x":1}', '[]', 'null', '{', '"one"']) {
    const { outcome } = await post(target, body)
    assert.ok(outcome.kind === 'denied' && outcome.denial.code === 'request.malformed', body)
  }
  const { outcome } = await post(target, `{"x":"${'x'.repeat(70_000)}"}`)
  assert.ok(outcome.kind === 'denied' && outcome.denial.code === 'request.body_too_large')
  assert.deepEqual(asked, ['other'])
})
