import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  parseApiKey,
  parseFieldName,
  parseHostName,
  parseHostPattern,
  parseName,
  parseScope,
} from '../../../src/settings/names.ts'

test('a host pattern is exact or a suffix, in lower case, without scheme and port', () => {
  assert.deepEqual(parseHostPattern('Orders.Example.COM'), { ok: true, value: 'orders.example.com' })
  for (const text of ['localhost', '127.0.0.1', '*.example.com', '[::1]', 'a_b.local'])
    assert.ok(parseHostPattern(text).ok, text)
  const wrong = ['', '*', '*.', 'a.*.b', 'x:8080', 'https://x', 'a b', '.x', 'x.', '-x', '[x]', `${'a'.repeat(64)}.x`]
  for (const text of wrong) assert.equal(parseHostPattern(text).ok, false, text)
})

test('a host name has no wildcard', () => {
  assert.ok(parseHostName('build01.example.com').ok)
  assert.equal(parseHostName('*.example.com').ok, false)
})

test('a field name is a token, in lower case', () => {
  assert.deepEqual(parseFieldName('X-Gateway-APIKey'), { ok: true, value: 'x-gateway-apikey' })
  for (const text of ['', 'a b', 'a:', 'ü', 'a\n']) assert.equal(parseFieldName(text).ok, false, JSON.stringify(text))
})

test('a name has no control characters and no space at its ends', () => {
  for (const text of ['orders', 'Orders API', 'büro']) assert.ok(parseName(text).ok, text)
  for (const text of ['', ' x', 'x ', 'a\u0000b', 'a\nb', 'x'.repeat(257)]) assert.equal(parseName(text).ok, false)
})

test('a scope is one token of RFC 6749', () => {
  for (const text of ['orders:read', 'https://x/y', '!']) assert.ok(parseScope(text).ok, text)
  for (const text of ['', 'a b', 'a"b', 'a\\b', 'ü']) assert.equal(parseScope(text).ok, false, text)
})

test('an API key fits into a header field', () => {
  assert.ok(parseApiKey('k-1234/=~').ok)
  for (const text of ['', 'a b', 'ü', 'a\r\nb', 'x'.repeat(513)]) assert.equal(parseApiKey(text).ok, false)
})
