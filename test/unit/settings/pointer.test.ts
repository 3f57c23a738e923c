import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePointer, toDottedPath, toPointer } from '../../../src/settings/pointer.ts'

test('pointers escape slashes and tildes, and come back', () => {
  const path = ['apis', '0', 'a/b', 'm~n', '', '~1']
  assert.equal(toPointer(path), '/apis/0/a~1b/m~0n//~01')
  assert.deepEqual(parsePointer(toPointer(path)), path)
})

test('the empty pointer is the whole document', () => {
  assert.equal(toPointer([]), '')
  assert.deepEqual(parsePointer(''), [])
})

test('a missing first slash is forgiven', () => {
  assert.deepEqual(parsePointer('ports/http'), ['ports', 'http'])
})

test('paths read as operators say them', () => {
  assert.equal(
    toDottedPath(['security_settings', 'auth_servers', '0', 'name']),
    'security_settings.auth_servers[0].name',
  )
})
