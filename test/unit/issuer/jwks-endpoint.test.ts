import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createJwksTarget } from '../../../src/issuer/jwks-endpoint.ts'
import { toSigningKey } from '../../../src/keys/signing-key.ts'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { createTestKey } from '../../support/test-key.ts'

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

test('JWK-08: the key set holds public members only, each key once', async () => {
  const rsa = toSigningKey(createTestKey('RS256').privateKey, 'RS256')
  const ec = toSigningKey(createTestKey('ES256').privateKey, 'ES256')
  const reply = new FakeReply()
  const outcome = await createJwksTarget([rsa.publicJwk, ec.publicJwk, rsa.publicJwk]).handle(makeExchange(), reply)
  assert.deepEqual(outcome, { kind: 'replied', status: 200 })
  const { keys } = JSON.parse(reply.text)
  assert.deepEqual(keys, [{ ...rsa.publicJwk }, { ...ec.publicJwk }])
  for (const key of keys) for (const member of PRIVATE_MEMBERS) assert.ok(!(member in key), member)
})

test('a gateway without keys publishes an empty set', async () => {
  const reply = new FakeReply()
  await createJwksTarget([]).handle(makeExchange(), reply)
  assert.deepEqual(JSON.parse(reply.text), { keys: [] })
})
