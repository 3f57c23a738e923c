import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRequirements } from '../../../src/settings/requirements.ts'
import { inspectionOf } from '../../support/settings-document.ts'

test('an expression that does not compile is pointed into, on an API and on a route', () => {
  const yaml =
    'apis: [ { name: a, policies: [ require: good ], routes: [ { match: GET /, policies: [ require: so bad ] } ] } ]'
  assert.deepEqual(checkRequirements(inspectionOf(yaml)), [
    {
      code: 'config.expression',
      severity: 'error',
      message: 'unknown variable `bad`',
      pointer: '/apis/0/routes/0/policies/0/require',
      range: [3, 6],
    },
  ])
})
