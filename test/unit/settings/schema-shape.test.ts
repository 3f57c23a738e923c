import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rememberShapes, wantsText } from '../../../src/settings/schema-shape.ts'
import { shapesFrom } from '../../support/settings-tree.ts'

test('list indices share one answer', () => {
  const asked: string[] = []
  const schemaAt = rememberShapes(path => {
    asked.push(path.join('.'))
    return undefined
  })
  for (let index = 0; index < 1000; index++) schemaAt(['apis', String(index), 'name'])
  assert.deepEqual(asked, ['apis.0.name'])
})

test('text is wanted where a string is allowed or nothing is said, unless an integer may stand there too', () => {
  const at = shapesFrom({
    text: 'string',
    port: 'integer,string',
    flag: 'boolean',
    any: '',
    claim: 'string,number,boolean',
  })
  assert.deepEqual(
    ['text', 'port', 'flag', 'any', 'claim', 'unknown'].map(key => wantsText(at([key]))),
    [true, false, false, true, true, true],
  )
})
