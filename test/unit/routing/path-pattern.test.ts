import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePathPattern, shapeOf, splitPath } from '../../../src/routing/path-pattern.ts'

test('a template is literals, parameters and an open end', () => {
  assert.deepEqual(parsePathPattern('/v1/items/{id}/*'), {
    segments: [
      { kind: 'literal', text: 'v1' },
      { kind: 'literal', text: 'items' },
      { kind: 'parameter', name: 'id' },
    ],
    rest: true,
  })
  assert.deepEqual(parsePathPattern('/'), { segments: [], rest: false })
  assert.deepEqual(parsePathPattern('/*'), { segments: [], rest: true })
  assert.deepEqual(parsePathPattern('/a/'), parsePathPattern('/a'))
})

test('literals are put into the form that requests are matched by', () => {
  assert.deepEqual(parsePathPattern('/%61%c3%bc'), { segments: [{ kind: 'literal', text: 'a%C3%BC' }], rest: false })
})

test('what is no template is none', () => {
  const refused = [
    '',
    'a',
    '//',
    '/a//b',
    '/*/a',
    '/a*',
    '/{',
    '/{}',
    '/{a',
    '/a}',
    '/x{a}',
    '/{a}/{a}',
    '/{a b}',
    '/..',
    '/a b',
    '/ü',
    '/a;b',
    '/%2f',
  ]
  for (const path of refused) assert.equal(parsePathPattern(path), undefined, path)
})

test('the shape is what two templates have in common that match the same paths', () => {
  const shape = (path: string): string => shapeOf(parsePathPattern(path) ?? assert.fail(path))
  assert.equal(shape('/a/{x}'), shape('/a/{y}/'))
  assert.notEqual(shape('/a/{x}'), shape('/a/x'))
  assert.equal(shape('/a/{x}/*'), '/a/{}/*')
})

test('a path has as many segments as it names', () => {
  assert.deepEqual(splitPath('/'), [])
  assert.deepEqual(splitPath('/a/b/'), ['a', 'b'])
})
