import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plural } from '../../../src/diagnostics/plural.ts'

test('one is singular, and everything else is not', () => {
  assert.deepEqual(
    [0, 1, 2].map(count => plural(count, 'route')),
    ['0 routes', '1 route', '2 routes'],
  )
})
