import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deny, ok } from '../../../src/errors/denial.ts'
import type { Outcome } from '../../../src/exchange/exchange.ts'
import type { Issuer } from '../../../src/issuer/issuer.ts'
import { createUserTokenTarget, type UserTokenParts } from '../../../src/issuer/token-endpoint.ts'
import { toSigningKey } from '../../../src/keys/signing-key.ts'
import type { ApplicationSettings } from '../../../src/settings/model.ts'
import { type ExchangePlan, makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { createTestKey } from '../../support/test-key.ts'

const issuer: Issuer = {
  authServer: 'local',
  signingKey: toSigningKey(createTestKey('EdDSA').privateKey, 'EdDSA'),
  issueForUser: async (user, applicationId) => ({ jwt: `for ${user} ${applicationId}`, expiresInSeconds: 60 }),
  issueForApplication: () => Promise.reject(new Error('not asked for')),
}

function application(id: string, users: readonly string[], suspended = false): ApplicationSettings {
  return {
    id,
    name: id,
    owner: undefined,
    tier: undefined,
    suspended,
    apis: [],
    authServers: undefined,
    identifiers: {
      claimSets: [],
      apiKeys: [],
      users,
      hostNames: [],
      ipRanges: [],
      clientCertificates: [],
      clientIds: [],
    },
    strategies: [],
    pointer: '',
  }
}

const parts: UserTokenParts = {
  issuer,
  applications: [application('app 1', ['alice']), application('quiet', ['alice'], true), application('other', ['bob'])],
  checkPassword: async (user, password) =>
    user === 'alice' && password === 'pa:ss' ? ok(user) : deny('credentials.invalid', undefined, { scheme: 'Basic' }),
  requireHttps: false,
}

const BASIC = ['Authorization', `Basic ${Buffer.from('alice:pa:ss').toString('base64')}`]

async function call(
  plan: ExchangePlan,
  changed: Partial<UserTokenParts> = {},
): Promise<{ readonly reply: FakeReply; readonly outcome: Outcome; readonly code: string | undefined }> {
  const reply = new FakeReply()
  const target = createUserTokenTarget({ ...parts, ...changed })
  const outcome = await target.handle(makeExchange({ lines: BASIC, ...plan }), reply)
  return { reply, outcome, code: outcome.kind === 'denied' ? outcome.denial.code : undefined }
}

test('a user with the right password gets a token that nobody may store', async () => {
  const { reply, outcome } = await call({})
  assert.deepEqual(outcome, { kind: 'replied', status: 200 })
  assert.deepEqual(JSON.parse(reply.text), { jwt: 'for alice undefined' })
  assert.deepEqual(reply.values('cache-control'), ['no-store'])
  assert.deepEqual(reply.values('content-type'), ['application/json'])
})

test('a token on behalf of an application is for users whom it lists', async () => {
  const { reply } = await call({ query: '?app_id=app%201&x=y' })
  assert.deepEqual(JSON.parse(reply.text), { jwt: 'for alice app 1' })
  for (const [id, code] of [
    ['other', 'issuer.user_not_listed'],
    ['nobody-knows', 'issuer.user_not_listed'],
    ['__proto__', 'issuer.user_not_listed'],
    ['quiet', 'application.suspended'],
  ]) {
    const refused = await call({ query: `?app_id=${id}` })
    assert.equal(refused.code, code)
    assert.equal(refused.reply.headSent, false)
  }
})

test('a doubtful query is refused before the password is looked at', async () => {
  const checkPassword = () => assert.fail('looked at')
  for (const query of [
    '?app_id=',
    '?app_id=a&app_id=b',
    '?app_id=%',
    '?app_id=%zz',
    '?app_id=%ff',
    `?x=${'y'.repeat(3000)}`,
  ]) {
    assert.equal((await call({ query }, { checkPassword })).code, 'issuer.request_invalid', query)
  }
})

test('an empty query and other parameters are no obstacle', async () => {
  for (const query of ['', '?', '?a=b']) assert.equal((await call({ query })).outcome.kind, 'replied')
})

test('plain HTTP is refused before anything else, where HTTPS is required', async () => {
  const checkPassword = () => assert.fail('looked at')
  assert.equal((await call({}, { requireHttps: true, checkPassword })).code, 'request.https_required')
  const secure = await call({ head: { scheme: 'https' } }, { requireHttps: true })
  assert.equal(secure.outcome.kind, 'replied')
})

test('missing, foreign and wrong credentials are told apart', async () => {
  assert.equal((await call({ lines: [] })).code, 'credentials.missing')
  assert.equal((await call({ lines: ['authorization', 'Bearer abc'] })).code, 'credentials.missing')
  assert.equal((await call({ lines: ['authorization', 'Basic !'] })).code, 'credentials.malformed')
  assert.equal((await call({ lines: [...BASIC, ...BASIC] })).code, 'credentials.multiple')
  const wrong = Buffer.from('alice:wrong').toString('base64')
  assert.equal((await call({ lines: ['authorization', `Basic ${wrong}`] })).code, 'credentials.invalid')
})

test('a gateway that issues nothing says so', async () => {
  assert.equal((await call({}, { issuer: undefined })).code, 'issuer.not_configured')
})

test('a caller who leaves while its password is checked gets no token', async () => {
  const reply = new FakeReply()
  const target = createUserTokenTarget({
    ...parts,
    checkPassword: async () => {
      reply.leave()
      return ok('alice')
    },
  })
  assert.deepEqual(await target.handle(makeExchange({ lines: BASIC }), reply), { kind: 'abandoned' })
  assert.equal(reply.headSent, false)
})
