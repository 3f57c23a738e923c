import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseListenAddress } from '../../../src/settings/listen-address.ts'

test('a port listens on all addresses, a host on its own', () => {
  assert.deepEqual(parseListenAddress(4485), { ok: true, value: { host: undefined, port: 4485 } })
  assert.deepEqual(parseListenAddress('4485'), { ok: true, value: { host: undefined, port: 4485 } })
  assert.deepEqual(parseListenAddress(':4485'), { ok: true, value: { host: undefined, port: 4485 } })
  assert.deepEqual(parseListenAddress('127.0.0.1:0'), { ok: true, value: { host: '127.0.0.1', port: 0 } })
  assert.deepEqual(parseListenAddress('[::1]:4485'), { ok: true, value: { host: '::1', port: 4485 } })
  assert.deepEqual(parseListenAddress('localhost:80'), { ok: true, value: { host: 'localhost', port: 80 } })
})

test('what is no address is refused', () => {
  const wrong = [
    '',
    'localhost',
    '::1:4485',
    '[::1]',
    '[x]:1',
    'a b:1',
    '1.2.3.4:x',
    'http://x:1',
    '127.0.0.1:65536',
    '-:1',
  ]
  for (const text of wrong) assert.equal(parseListenAddress(text).ok, false, text)
  assert.equal(parseListenAddress(65_536).ok, false)
  assert.equal(parseListenAddress(-1).ok, false)
  assert.equal(parseListenAddress(1.5).ok, false)
})
