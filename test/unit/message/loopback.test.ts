import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopbackHost } from '../../../src/message/loopback.ts'

test('loopback hosts are those that cannot be another machine', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.10', '[::1]', '::1'])
    assert.ok(isLoopbackHost(host), host)
  const elsewhere = ['127.0.0.1.example', 'localhost.example', '128.0.0.1', '10.0.0.1', '[::2]', '::', '0.0.0.0', '']
  for (const host of elsewhere) assert.ok(!isLoopbackHost(host), host)
})
