import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFixedSource, readKeyFile } from '../../../src/keys/fixed-keys.ts'
import { createVerificationKey, type HeldKey } from '../../../src/keys/verification-key.ts'
import { createTestKey } from '../../support/test-key.ts'

function makeKey(kid: string): HeldKey {
  const { publicKey } = createTestKey('ES256')
  return createVerificationKey({ kid, key: publicKey, algorithms: new Set(['ES256']), thumbprint: kid })
}

test('a fixed source answers at once with the keys that fit', () => {
  const [one, other] = [makeKey('one'), makeKey('other')]
  const source = createFixedSource({ authServer: 'idp', origin: 'jwksFile', keys: () => [one, other], fetchedAt: 7 })
  assert.deepEqual(source.candidates('ES256', 'other'), { ok: true, value: [other] })
  assert.deepEqual(source.candidates('ES256', 'nobody'), { ok: true, value: [] })
  assert.deepEqual(source.candidates('RS256', 'one'), { ok: true, value: [] })
  assert.partialDeepStrictEqual(source.status(), {
    origin: 'jwksFile',
    keys: 2,
    fetchedAt: 7,
    stale: false,
    lastFailure: undefined,
    settled: true,
  })
})

test('a pinned key fits tokens with any kid', () => {
  const key = makeKey('pinned')
  const source = createFixedSource({ authServer: 'idp', origin: 'certificate', keys: () => [key], anyKid: true })
  assert.deepEqual(source.candidates('ES256', 'whatever'), { ok: true, value: [key] })
})

test('retired keys do not count, and without any the tokens are 503, not 401', () => {
  const key = makeKey('one')
  const source = createFixedSource({ authServer: 'idp', origin: 'jwksFile', keys: () => [key] })
  key.retire()
  assert.equal(source.status().keys, 0)
  assert.deepEqual(source.candidates('ES256', 'one'), {
    ok: false,
    error: { code: 'keys.unavailable', facts: { authServer: 'idp', reason: 'no usable keys' } },
  })
})

test('a source that failed says why, and is told when it closes', async () => {
  let closed = 0
  const source = createFixedSource({
    authServer: 'idp',
    origin: 'jwksFile',
    keys: () => [],
    failure: 'file cannot be read',
    onClose: () => {
      closed += 1
    },
  })
  assert.equal(source.status().lastFailure, 'file cannot be read')
  await source.settled()
  await source.close()
  assert.equal(closed, 1)
})

test('a key file that is not there is undefined', () => {
  assert.equal(readKeyFile('/nowhere/keys.json'), undefined)
})
