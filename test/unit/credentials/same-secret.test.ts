import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecretDigest, isSameSecret } from '../../../src/credentials/same-secret.ts'

test('secrets are the same when they are equal, whatever their lengths', () => {
  assert.equal(isSameSecret('abc', 'abc'), true)
  assert.equal(isSameSecret('', ''), true)
  assert.equal(isSameSecret('abc', 'abd'), false)
  assert.equal(isSameSecret('abc', 'abcd'), false)
  assert.equal(isSameSecret('ä', 'a\u0308'), false)
})

test('a digest is stable, tells secrets apart, and cannot be predicted from outside', () => {
  const digest = createSecretDigest()
  assert.equal(digest('key'), digest('key'))
  assert.notEqual(digest('key'), digest('kez'))
  assert.notEqual(digest('key'), createSecretDigest()('key'))
})
