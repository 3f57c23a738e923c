import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createExpressionEnvironment } from '../../../src/expressions/environment.ts'
import { childrenOf } from '../../../src/expressions/syntax-tree.ts'

test('the operands of a node are its children, in order, wherever the library keeps them', () => {
  const environment = createExpressionEnvironment()
  const operationsOf = (text: string): readonly string[] => childrenOf(environment.parse(text).ast).map(({ op }) => op)
  assert.deepEqual(operationsOf('claims.a == 1'), ['.', 'value'])
  assert.deepEqual(operationsOf('claims.a.exists(x, !x)'), ['.', 'id', '!_'])
  assert.deepEqual(operationsOf('{"a": claims.b, "c": [1]}'), ['value', '.', 'value', 'list'])
  assert.deepEqual(operationsOf('"text"'), [])
})
