import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audienceOf, claimAt, scopesOf } from '../../../src/tokens/claims.ts'
import { parseJsonObject } from '../../../src/tokens/strict-json.ts'

function claimsOf(value: unknown) {
  const parsed = parseJsonObject(Buffer.from(JSON.stringify(value)))
  assert.ok(parsed.ok)
  return parsed.value
}

test('a claim is found by its literal name first, then by a path with dots', () => {
  const claims = claimsOf({ 'a.b': 1, a: { b: 2, c: { d: 3 } }, 'https://x.example/role': 'r' })
  assert.equal(claimAt(claims, 'a.b'), 1)
  assert.equal(claimAt(claims, 'a.c.d'), 3)
  assert.equal(claimAt(claims, 'https://x.example/role'), 'r')
  assert.equal(claimAt(claims, 'a.x'), undefined)
  assert.equal(claimAt(claims, 'a.b.c'), undefined)
})

test('only own members count, and arrays have no names', () => {
  const claims = claimsOf({ list: [1, { x: 2 }], text: 'abc', nothing: null })
  for (const name of [
    'constructor',
    '__proto__',
    'toString',
    'list.0',
    'list.length',
    'text.length',
    'text.0',
    'nothing.x',
    'a..b',
    '.',
    '',
  ])
    assert.equal(claimAt(claims, name), undefined, name)
  assert.equal(claimAt(claimsOf(JSON.parse('{"__proto__":{"x":1}}')), '__proto__.x'), 1)
  assert.equal(claimAt({ a: Object.create({ b: 1 }) }, 'a.b'), undefined)
})

test('scope and scp count together, as lists or as text with spaces', () => {
  assert.deepEqual(scopesOf(claimsOf({ scope: 'read  write ', scp: ['write', 'admin', 7, null] })), [
    'read',
    'write',
    'admin',
  ])
  assert.deepEqual(scopesOf(claimsOf({ scp: 'a b' })), ['a', 'b'])
  assert.deepEqual(scopesOf(claimsOf({ scope: ['a b'] })), ['a b'])
  for (const scope of [undefined, null, 7, {}, true]) assert.deepEqual(scopesOf(claimsOf({ scope })), [])
})

test('JWT-05: aud is one string or a list of strings and nothing else', () => {
  assert.deepEqual(audienceOf('a'), ['a'])
  assert.deepEqual(audienceOf(['a', 'b']), ['a', 'b'])
  assert.deepEqual(audienceOf([]), [])
  for (const aud of [null, 7, true, {}, ['a', 7], [['a']]]) assert.equal(audienceOf(aud), undefined)
})
