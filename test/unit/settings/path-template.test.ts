import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLiteralSegment, parseBasePath, parseCall, parseRouteMatch } from '../../../src/settings/path-template.ts'

test('a base path comes back without trailing slash and with its escapes in one form', () => {
  const table = {
    '/': '/',
    '/orders': '/orders',
    '/orders/': '/orders',
    '/a/b': '/a/b',
    '/%c3%bc': '/%C3%BC',
    '/%61bc': '/abc',
  }
  for (const [text, path] of Object.entries(table))
    assert.deepEqual(parseBasePath(text), { ok: true, value: path }, text)
})

test('a base path that no canonical request path can have is refused', () => {
  for (const text of [
    '',
    'orders',
    '//',
    '/a//b',
    '/.',
    '/a/..',
    '/%2e',
    '/%2F',
    '/%5c',
    '/%00',
    '/a;b',
    '/a?b',
    '/ü',
    '/%zz',
    '/{id}',
    '/*',
  ]) {
    assert.equal(parseBasePath(text).ok, false, text)
  }
})

test('a route is a method and a template', () => {
  const table = {
    'GET /v1/items/{id}': { method: 'GET', path: '/v1/items/{id}' },
    'ANY /*': { method: 'ANY', path: '/*' },
    'GET /': { method: 'GET', path: '/' },
    'POST  /v1/items/': { method: 'POST', path: '/v1/items' },
    'GET /files/*': { method: 'GET', path: '/files/*' },
    'M-SEARCH /x': { method: 'M-SEARCH', path: '/x' },
  }
  for (const [text, value] of Object.entries(table)) assert.deepEqual(parseRouteMatch(text), { ok: true, value }, text)
})

test('what is no route is refused, with what to write where that is clear', () => {
  const wrong = [
    '',
    'GET',
    '/v1',
    'GET v1',
    'GET /a b',
    'GET /a//b',
    'GET /a*',
    'GET /*/b',
    'GET /{a}/{a}',
    'GET /{1}',
    'GET /x{id}',
    'GET /..',
    'G@T /x',
  ]
  for (const text of wrong) assert.equal(parseRouteMatch(text).ok, false, text)
  const lower = parseRouteMatch('get /x')
  assert.ok(!lower.ok && lower.help === 'write `GET /x`')
})

test('a call is a method and a target', () => {
  assert.deepEqual(parseCall('GET /orders?x=1'), { ok: true, value: { method: 'GET', target: '/orders?x=1' } })
  for (const text of ['', 'GET', 'get /x', 'GET x', 'GET /x y']) assert.equal(parseCall(text).ok, false, text)
})

test('a name that has a slash or a dot segment is no segment', () => {
  assert.ok(isLiteralSegment('orders-v1.2'))
  for (const text of ['', '.', '..', 'a/b', 'a b', 'a%2Fb', '{id}', '*']) assert.ok(!isLiteralSegment(text), text)
})
