import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readablePath } from '../../../src/settings/readable-path.ts'

const root = {
  security_settings: { auth_servers: [{ name: 'staff-idp', localIntrospectionConfig: {} }] },
  apis: [{ name: 'orders', routes: [{ match: 'GET /x' }, {}] }],
}

test('items are called by their name, and the block that only groups is left out', () => {
  assert.equal(
    readablePath(root, '/security_settings/auth_servers/0/localIntrospectionConfig/x'),
    'auth_servers[staff-idp].localIntrospectionConfig.x',
  )
  assert.equal(readablePath(root, '/apis/0/routes/0'), 'apis[orders].routes[GET /x]')
  assert.equal(readablePath(root, '/apis/0/routes/1'), 'apis[orders].routes[1]')
  assert.equal(readablePath(root, '/security_settings'), 'security_settings')
  assert.equal(readablePath(root, ''), '')
})

test('a path into nothing is still a path', () => {
  assert.equal(readablePath(root, '/nowhere/0/x'), 'nowhere.0.x')
  assert.equal(readablePath(null, '/a~1b'), 'a/b')
})
