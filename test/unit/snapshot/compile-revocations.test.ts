import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FetchedDocument } from '../../../src/outbound/fetch-document.ts'
import type { RevocationListSettings, RevocationSettings } from '../../../src/settings/revocation-settings.ts'
import { compileRevocations } from '../../../src/snapshot/compile-revocations.ts'
import { createTestClock } from '../../support/clock.ts'
import { createCompileBench } from '../../support/compile-parts.ts'

const ISSUERS = new Map([['idp', 'https://idp']])
const LIST: RevocationListSettings = {
  url: 'https://lists.example/x',
  intervalMs: 30_000,
  timeoutMs: 1_000,
  maxBytes: 1_000,
  pointer: '/security_settings/revocation_list',
}

function byJti(jti: string, authServer = 'idp'): RevocationSettings {
  return { authServer, tokens: { kind: 'jti', jti, exp: undefined }, untilMs: undefined }
}

function createBench(answer: FetchedDocument | undefined) {
  const clock = createTestClock()
  let fetches = 0
  const { parts } = createCompileBench({
    clock,
    schedule: clock.schedule,
    fetchDocument: (_uri, { signal }) => {
      fetches += 1
      if (answer !== undefined) return Promise.resolve(answer)
      return new Promise(resolve => signal?.addEventListener('abort', () => resolve({ ok: false, reason: 'closed' })))
    },
  })
  const compile = (revocations: readonly RevocationSettings[], revocationList?: RevocationListSettings) => {
    const page = parts.ledger.openPage()
    return { page, list: compileRevocations({ revocations, revocationList }, ISSUERS, page, parts) }
  }
  return { clock, parts, compile, fetches: () => fetches }
}

function documentOf(text: string): FetchedDocument {
  return { ok: true, status: 200, body: Buffer.from(text), fields: new Map() }
}

test('what the settings, the list or operators revoke is revoked', async () => {
  const { compile, parts } = createBench(documentOf('{"revocations":[{"auth_server":"idp","jti":"listed"}]}'))
  const { page, list: compiling } = compile([byJti('written'), byJti('foreign', 'nobody')], LIST)
  const list = await compiling
  void parts.keptRevocations.add('https://idp', byJti('added'))
  for (const jti of ['written', 'listed', 'added']) assert.equal(list.isRevoked('https://idp', { jti }), true, jti)
  for (const jti of ['foreign', 'other']) assert.equal(list.isRevoked('https://idp', { jti }), false, jti)
  assert.deepEqual([list.isKnown, list.inSettings, list.polled?.().entries], [true, 2, 1])
  await page.giveBack()
})

test('a list that does not answer holds a start up no longer than its timeout, and nobody passes until it was had', async () => {
  const { clock, compile } = createBench(undefined)
  const { page, list: compiling } = compile([], LIST)
  await new Promise(resolve => setImmediate(resolve))
  clock.advance(1_000)
  assert.equal((await compiling).isKnown, false)
  await page.giveBack()
})

test('a list outlives a reload that leaves its settings alone, and is given back with the last snapshot', async () => {
  const { compile, fetches, parts } = createBench(documentOf('{"revocations":[]}'))
  const first = compile([], LIST)
  await first.list
  const second = compile([byJti('a')], { ...LIST, pointer: '/elsewhere' })
  await second.list
  assert.equal(fetches(), 1)
  await first.page.giveBack()
  const third = compile([], { ...LIST, maxBytes: 2_000 })
  await third.list
  assert.equal(fetches(), 2, 'another limit is another list')
  await Promise.all([second.page.giveBack(), third.page.giveBack()])
  assert.equal(parts.ledger.size(), 0)
})
