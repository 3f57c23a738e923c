import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importJwks } from '../../../src/keys/jwks.ts'
import type { VerificationKey } from '../../../src/keys/key-source.ts'
import { createKeySource, type KeySourceParts } from '../../../src/keys/origin.ts'
import { createVerificationKey } from '../../../src/keys/verification-key.ts'
import type { AuthServerSettings, KeyOriginSettings } from '../../../src/settings/model.ts'
import { createTestClock } from '../../support/clock.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'
import { createTestKey } from '../../support/test-key.ts'

function settingsOf(keys: KeyOriginSettings): AuthServerSettings {
  return {
    name: 'idp',
    id: undefined,
    description: undefined,
    issuer: 'https://idp.example',
    keys,
    audience: [],
    algorithms: undefined,
    clockSkewSeconds: 30,
    requireExp: true,
    tokenGenerator: undefined,
    scopes: [],
    pointer: '',
  }
}

const PARTS: KeySourceParts = {
  clock: createTestClock(),
  logger: createSilentLogger(),
  fetchDocument: () => Promise.resolve({ ok: false, reason: 'unreachable' }),
}

test('each origin makes a source that names it', async () => {
  const jwks = { maxAgeMs: 1, minAgeMs: 1, maxStaleMs: 1, cooldownMs: 1, fetchTimeoutMs: 1, maxBytes: 1 }
  const origins: readonly KeyOriginSettings[] = [
    { kind: 'jwksUri', uri: 'https://idp.example/jwks', jwks, pointer: '' },
    { kind: 'jwksFile', file: '/nowhere/jwks.json', pointer: '' },
    { kind: 'certificate', truststore: 'partners', alias: 'idp', pointer: '' },
    { kind: 'own' },
    { kind: 'none' },
  ]
  for (const origin of origins) {
    const source = createKeySource(settingsOf(origin), PARTS)
    assert.equal(source.status().origin, origin.kind)
    await source.settled()
    assert.ok(source.status().settled)
    const refused = await source.candidates('RS256', undefined)
    assert.equal(!refused.ok && refused.error.code, 'keys.unavailable')
    await source.close()
  }
})

test('the gateway’s own keys are asked for at each use, by their kid', () => {
  const [first, second] = [createTestKey('ES256'), createTestKey('ES256')]
  let own: readonly VerificationKey[] = importJwks({ keys: [first.jwk] }).keys.map(key => createVerificationKey(key))
  const source = createKeySource(settingsOf({ kind: 'own' }), { ...PARTS, own: () => own })
  assert.deepEqual(source.candidates('ES256', first.kid), { ok: true, value: own })
  assert.deepEqual(source.candidates('ES256', second.kid), { ok: true, value: [] })
  own = [...own, ...importJwks({ keys: [second.jwk] }).keys.map(key => createVerificationKey(key))]
  assert.deepEqual(source.candidates('ES256', second.kid), { ok: true, value: [own[1]] })
})
