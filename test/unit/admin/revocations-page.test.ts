import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { AdminView } from '../../../src/admin/admin-view.ts'
import {
  createRestoreTarget,
  createRevocationsTarget,
  createRevokeTarget,
  type RevocationActions,
} from '../../../src/admin/revocations-page.ts'
import { ok } from '../../../src/errors/denial.ts'
import type { Target } from '../../../src/exchange/exchange.ts'
import { type AddFailure, createKeptRevocations } from '../../../src/tokens/kept-revocations.ts'
import { createTestClock } from '../../support/clock.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { sampleKeyStatus } from '../../support/sample-key-status.ts'

const JSON_TYPE = ['content-type', 'application/json']
const ENTRY = JSON.stringify({ auth_server: 'idp', jti: 'a' })

function createWorld(changes: Partial<RevocationActions> = {}) {
  const revocations = createKeptRevocations([], {
    clock: createTestClock(),
    store: {
      directory: '/nowhere',
      read: async () => ok(undefined),
      write: async () => ok(undefined),
      create: async () => ok(true),
    },
  })
  const keys = sampleKeyStatus({})
  const view = {
    authServers: () => [
      { name: 'idp', issuer: 'https://idp', apis: [], keys },
      { name: 'opaque', issuer: undefined, apis: [], keys },
    ],
    revocations: () => ({ inSettings: 3, kept: revocations.list().length, list: undefined }),
  } as Partial<AdminView> as AdminView
  const actions: RevocationActions = {
    list: () => revocations.list(),
    add: (issuer, entry) => revocations.add(issuer, entry),
    remove: id => revocations.remove(id),
    ...changes,
  }
  const targets = {
    list: createRevocationsTarget(view, actions),
    revoke: createRevokeTarget(view, actions),
    restore: createRestoreTarget(actions),
  }
  const revoke = (body?: string, lines: readonly string[] = JSON_TYPE) =>
    ask(targets.revoke, { lines, ...(body !== undefined && { body: { stream: Readable.from([Buffer.from(body)]) } }) })
  return { ...targets, revoke, revocations }
}

async function ask(target: Target, plan: Parameters<typeof makeExchange>[0]) {
  const reply = new FakeReply()
  const outcome = await target.handle(makeExchange(plan), reply)
  const code = outcome.kind === 'denied' ? outcome.denial.code : outcome.kind
  return { code, status: reply.status, json: reply.text === '' ? undefined : JSON.parse(reply.text) }
}

test('an entry is bound to the issuer of its auth server, is there once, and can be taken out', async () => {
  const { revoke, list, restore, revocations } = createWorld()
  const made = await revoke(ENTRY)
  assert.deepEqual([made.status, made.json.issuer, made.json.jti], [201, 'https://idp', 'a'])
  assert.equal(revocations.isRevoked('https://idp', { jti: 'a' }), true)
  assert.equal((await revoke(ENTRY)).status, 200)
  const page = await ask(list, {})
  assert.deepEqual(page.json.counts, { settings: 3, admin: 1 })
  assert.deepEqual(page.json.revocations, [made.json])
  assert.equal((await ask(restore, { query: `?id=${made.json.id}` })).status, 200)
  assert.equal(revocations.isRevoked('https://idp', { jti: 'a' }), false)
  assert.equal((await ask(restore, { query: `?id=${made.json.id}` })).code, 'revocation.not_found')
})

test('what is no entry in JSON changes nothing: no form of a web page can revoke', async () => {
  const { revoke, revocations } = createWorld()
  const codes = [
    await revoke(ENTRY, ['content-type', 'text/plain']),
    await revoke(ENTRY, []),
    await revoke(),
    await revoke(''),
    await revoke('{"auth_server":"idp","jti":"a","jti":"b"}'),
    await revoke('[]'),
    await revoke(JSON.stringify({ auth_server: 'nobody', jti: 'a' })),
    await revoke(JSON.stringify({ auth_server: 'opaque', jti: 'a' })),
    await revoke(' '.repeat(70_000)),
  ].map(({ code }) => code)
  assert.deepEqual(codes, [
    'request.malformed',
    'request.malformed',
    ...Array(6).fill('revocation.invalid'),
    'request.body_too_large',
  ])
  assert.equal(revocations.list().length, 0)
})

test('an entry is named by its whole id, and by nothing else', async () => {
  let asked = 0
  const { restore } = createWorld({
    remove: async () => {
      asked += 1
      return ok(undefined)
    },
  })
  const id = 'a'.repeat(32)
  for (const query of ['', '?', `?id=${id}&id=${id}`, `?id=${id}0`, `?id=${id.toUpperCase()}`, '?id=*'])
    assert.equal((await ask(restore, { query })).code, 'revocation.invalid', query)
  assert.equal(asked, 0)
})

test('what could not be kept is told as such', async () => {
  for (const [failure, code] of [
    ['too many', 'revocation.too_many'],
    ['too many claims', 'revocation.too_many'],
    ['not kept', 'revocation.not_kept'],
  ] satisfies readonly (readonly [AddFailure, string])[]) {
    const { revoke } = createWorld({ add: async () => ({ ok: false, error: failure }) })
    assert.equal((await revoke(ENTRY)).code, code)
  }
  const { restore } = createWorld({ remove: async () => ({ ok: false, error: 'not kept' }) })
  assert.equal((await ask(restore, { query: `?id=${'a'.repeat(32)}` })).code, 'revocation.not_kept')
})
