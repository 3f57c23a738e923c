import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toValidators } from '../../../src/outbound/validators.ts'

test('only a validator that may stand in a field is sent back, the stronger one alone', () => {
  assert.deepEqual(toValidators('"1"', 'yesterday'), { etag: '"1"' })
  assert.deepEqual(toValidators('"1"\r\nx: y', 'yesterday'), { lastModified: 'yesterday' })
  assert.equal(toValidators('x'.repeat(257), 'é'), undefined)
  assert.equal(toValidators(undefined, ''), undefined)
})
