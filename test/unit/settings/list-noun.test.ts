import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nounFor } from '../../../src/settings/list-noun.ts'

test('entries of lists have names that people use', () => {
  assert.deepEqual(['apis', 'auth_servers', 'users', 'strategies', 'keystores', 'scope_mappings'].map(nounFor), [
    'API',
    'auth server',
    'user',
    'strategy',
    'keystore',
    'scope mapping',
  ])
  assert.equal(nounFor('extendedValuesV2'), 'entry of `extendedValuesV2`')
})
