import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor } from '../../../src/settings/cursor.ts'
import {
  authServersOf,
  effectiveIdentification,
  identificationAt,
  policiesOf,
} from '../../../src/settings/policy-entries.ts'

const jwt = (name: string) => ({ policies: [{ jwt: name }] })

test('policies are listed with their places, whatever stands there', () => {
  const owner = new Cursor({ policies: [{ jwt: 'a' }, null, 'x', { require: null }, { a: 1, b: 2 }] }, '/apis/0')
  assert.deepEqual(
    policiesOf(owner).map(({ kind, body }) => [kind, body.pointer]),
    [
      ['jwt', '/apis/0/policies/0/jwt'],
      ['a', '/apis/0/policies/4/a'],
      ['b', '/apis/0/policies/4/b'],
    ],
  )
})

test('the short form is one rule that only authenticates', () => {
  const identification = identificationAt(new Cursor(jwt('idp')))
  assert.deepEqual(
    identification?.rules.map(({ kind, lookup, pointer }) => [kind, lookup, pointer]),
    [['jwt', 'none', '/policies/0/jwt']],
  )
  assert.deepEqual(
    identification?.rules.flatMap(authServersOf).map(({ text }) => text),
    ['idp'],
  )
})

test("a route brings its own rules, takes its API's, or is open", () => {
  const route = (value: object) => new Cursor(value, '/route')
  const api = new Cursor(jwt('a'))
  assert.equal(effectiveIdentification(api, route({ open: true })), 'open')
  assert.notEqual(effectiveIdentification(api, route({})), 'open')
  const own = effectiveIdentification(api, route(jwt('b')))
  assert.ok(typeof own === 'object' && own.pointer === '/route/policies/0/jwt')
  assert.equal(effectiveIdentification(new Cursor({ open: true }), route({})), 'open')
  assert.equal(effectiveIdentification(new Cursor({}), route({})), undefined)
})
