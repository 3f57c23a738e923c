import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsToJson } from '../../../src/diagnostics/json.ts'

test('problems become flat plain data, with absent members left out', () => {
  const place = { file: 'a.yml', line: 3, column: 5, length: 2 }
  const json = problemsToJson([
    { code: 'config.file', severity: 'error', message: 'gone' },
    {
      code: 'config.type',
      severity: 'warning',
      message: 'odd',
      place,
      label: 'here',
      help: 'do this',
      pointer: '/a',
      related: [{ place, label: 'there' }],
    },
  ])
  assert.deepEqual(JSON.parse(JSON.stringify(json)), [
    { code: 'config.file', severity: 'error', message: 'gone' },
    {
      code: 'config.type',
      severity: 'warning',
      message: 'odd',
      file: 'a.yml',
      line: 3,
      column: 5,
      length: 2,
      label: 'here',
      help: 'do this',
      pointer: '/a',
      related: [{ file: 'a.yml', line: 3, column: 5, length: 2, label: 'there' }],
    },
  ])
})
