import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileClaimSet, matchesClaimSet } from '../../../src/applications/claim-sets.ts'
import type { ClaimExpectation } from '../../../src/settings/model.ts'
import { toClaims } from '../../support/make-jwt.ts'

function matches(set: Readonly<Record<string, ClaimExpectation>>, claims: Readonly<Record<string, unknown>>): boolean {
  return matchesClaimSet(compileClaimSet(set), toClaims(claims))
}

describe('a claim set', () => {
  test('matches when every claim matches', () => {
    assert.equal(matches({ sub: 'a', tenant: 't' }, { sub: 'a', tenant: 't', more: 1 }), true)
    assert.equal(matches({ sub: 'a', tenant: 't' }, { sub: 'a' }), false)
    assert.equal(matches({ sub: 'a', tenant: 't' }, { sub: 'a', tenant: 'T' }), false)
  })

  test('without claims matches nothing', () => {
    assert.equal(matches({}, {}), false)
    assert.equal(matches({}, { sub: 'a' }), false)
    assert.equal(matches({ sub: [] }, { sub: 'a' }), false)
  })

  test('compares type and value', () => {
    assert.equal(matches({ level: 1 }, { level: 1 }), true)
    assert.equal(matches({ level: 1 }, JSON.parse('{"level": 1.0}')), true)
    assert.equal(matches({ level: 1 }, { level: '1' }), false)
    assert.equal(matches({ level: '1' }, { level: 1 }), false)
    assert.equal(matches({ admin: true }, { admin: 'true' }), false)
    assert.equal(matches({ admin: true }, { admin: 1 }), false)
    assert.equal(matches({ admin: false }, { admin: false }), true)
    assert.equal(matches({ admin: false }, {}), false)
    assert.equal(matches({ name: '' }, { name: '' }), true)
    assert.equal(matches({ name: 'é' }, { name: 'e\u0301' }), false)
  })

  test('takes a list as any of', () => {
    assert.equal(matches({ env: ['prod', 'test'] }, { env: 'test' }), true)
    assert.equal(matches({ env: ['prod', 1] }, { env: 1 }), true)
    assert.equal(matches({ env: ['prod', 'test'] }, { env: 'dev' }), false)
  })

  test('matches an array claim by membership', () => {
    assert.equal(matches({ roles: 'admin' }, { roles: ['ops', 'admin'] }), true)
    assert.equal(matches({ roles: ['x', 'ops'] }, { roles: ['ops', 'admin'] }), true)
    assert.equal(matches({ roles: 'admin' }, { roles: [] }), false)
    assert.equal(matches({ roles: 'admin' }, { roles: [['admin']] }), false)
    assert.equal(matches({ roles: 'admin' }, { roles: ['administrator'] }), false)
    assert.equal(matches({ roles: 1 }, { roles: ['1'] }), false)
  })

  test('takes a space-separated scope as a list, and no other claim', () => {
    assert.equal(matches({ scope: 'read' }, { scope: 'write read' }), true)
    assert.equal(matches({ scope: 'read' }, { scope: 'reader writer' }), false)
    assert.equal(matches({ scope: 'read' }, { scope: ['write', 'read'] }), true)
    assert.equal(matches({ scope: 'read write' }, { scope: 'read write' }), true)
    assert.equal(matches({ groups: 'read' }, { groups: 'write read' }), false)
    assert.equal(matches({ scope: '' }, { scope: ' ' }), false)
  })

  test('is never matched by null or an object', () => {
    assert.equal(matches({ sub: 'null' }, { sub: null }), false)
    assert.equal(matches({ sub: '[object Object]' }, { sub: {} }), false)
  })

  test('follows a path with dots, but a literal name wins, even when its value does not match', () => {
    assert.equal(matches({ 'realm.role': 'admin' }, { realm: { role: 'admin' } }), true)
    assert.equal(matches({ 'realm.role': 'admin' }, { 'realm.role': 'admin' }), true)
    assert.equal(matches({ 'realm.role': 'admin' }, { 'realm.role': 'user', realm: { role: 'admin' } }), false)
    assert.equal(matches({ 'realm.roles': 'admin' }, { realm: { roles: ['admin'] } }), true)
    assert.equal(matches({ 'roles.0': 'admin' }, { roles: ['admin'] }), false)
    assert.equal(matches({ 'sub.length': 1 }, { sub: 'a' }), false)
  })

  test('reads own properties only', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', '__proto__.x', 'constructor.name']) {
      assert.equal(matches({ [name]: ['Object', 'x', true] }, { sub: 'a' }), false, name)
    }
    const set = JSON.parse('{"__proto__": "yes"}')
    assert.equal(matchesClaimSet(compileClaimSet(set), toClaims({ sub: 'a' })), false)
    const claims = Object.assign(Object.create(null), JSON.parse('{"sub": "a"}'))
    Object.defineProperty(claims, '__proto__', { value: 'yes', enumerable: true })
    assert.equal(matchesClaimSet(compileClaimSet(set), claims), true)
  })
})
