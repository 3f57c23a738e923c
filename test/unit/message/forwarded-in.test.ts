import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddressSet } from '../../../src/message/address.ts'
import { Fields } from '../../../src/message/fields.ts'
import { type Forwarding, readForwarding } from '../../../src/message/forwarded-in.ts'

const PEER = { address: '10.0.0.1', port: 1, tls: false, certificate: undefined }
const TRUSTED = createAddressSet([{ kind: 'block', address: '10.0.0.0', prefix: 8 }])

function read(...lines: string[]): Forwarding {
  const result = readForwarding(new Fields(lines), PEER, TRUSTED)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

function reasonOf(...lines: string[]): unknown {
  const result = readForwarding(new Fields(lines), PEER, TRUSTED)
  assert.ok(!result.ok)
  assert.equal(result.error.code, 'request.forwarding_contradictory')
  return result.error.facts?.['reason']
}

test('the client is the rightmost hop that is not a trusted proxy', () => {
  assert.equal(read('X-Forwarded-For', '1.1.1.1, 2.2.2.2').clientAddress, '2.2.2.2')
  assert.equal(read('X-Forwarded-For', '1.1.1.1, 2.2.2.2, 10.9.9.9').clientAddress, '2.2.2.2')
  assert.equal(read('X-Forwarded-For', '1.1.1.1', 'x-forwarded-for', '2.2.2.2').clientAddress, '2.2.2.2')
  assert.equal(read('X-Forwarded-For', '10.1.1.1, 10.2.2.2').clientAddress, '10.1.1.1')
  assert.equal(read('Forwarded', 'for=1.1.1.1, for="[2001:DB8::1]:99"').clientAddress, '2001:db8::1')
  assert.equal(read('X-Forwarded-Host', 'a').clientAddress, '10.0.0.1')
})

test('a hop may carry a port; a hop that is no address ends at the proxy that named it', () => {
  assert.equal(read('X-Forwarded-For', '2.2.2.2:80').clientAddress, '2.2.2.2')
  assert.equal(read('X-Forwarded-For', '[2001:db8::1]:80').clientAddress, '2001:db8::1')
  assert.equal(read('X-Forwarded-For', '2001:db8::1').clientAddress, '2001:db8::1')
  assert.equal(read('X-Forwarded-For', '::ffff:2.2.2.2').clientAddress, '2.2.2.2')
  assert.equal(read('X-Forwarded-For', '1.1.1.1, unknown').clientAddress, '10.0.0.1')
  assert.equal(read('X-Forwarded-For', '1.1.1.1, _hidden, 10.5.5.5').clientAddress, '10.5.5.5')
  assert.equal(read('Forwarded', 'for=_hidden').clientAddress, '10.0.0.1')
})

test('scheme and host are those of the same hop; what a caller wrote further left does not count', () => {
  assert.deepEqual(
    read('X-Forwarded-For', '2.2.2.2', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'API.test:80'),
    {
      clientAddress: '2.2.2.2',
      scheme: 'https',
      authority: 'api.test:80',
    },
  )
  assert.equal(read('X-Forwarded-For', '1.1.1.1, 2.2.2.2', 'X-Forwarded-Proto', 'https, http').scheme, 'http')
  assert.equal(read('X-Forwarded-For', '2.2.2.2, 10.1.1.1', 'X-Forwarded-Proto', 'https, http').scheme, 'https')
  assert.equal(read('X-Forwarded-For', '2.2.2.2, 10.1.1.1', 'X-Forwarded-Proto', 'HTTPS').scheme, 'https')
  assert.equal(read('X-Forwarded-Proto', 'wss').scheme, 'https')
  assert.equal(read('Forwarded', 'for=1.1.1.1;proto=https, for=2.2.2.2;proto=http;host=b').scheme, 'http')
  assert.equal(read('Forwarded', 'for=2.2.2.2, for=10.1.1.1;proto=https').scheme, 'https')
  assert.equal(read('Forwarded', 'proto=https').scheme, 'https')
  assert.equal(read('Forwarded', 'proto=https').clientAddress, '10.0.0.1')
})

test('both kinds of fields may stand together as long as they agree', () => {
  assert.deepEqual(
    read('Forwarded', 'for=2.2.2.2;proto=https;host=a', 'X-Forwarded-For', '2.2.2.2', 'X-Forwarded-Proto', 'https'),
    { clientAddress: '2.2.2.2', scheme: 'https', authority: 'a' },
  )
  assert.equal(read('Forwarded', 'proto=https', 'X-Forwarded-For', '2.2.2.2').clientAddress, '2.2.2.2')
})

test('what contradicts itself, or cannot be read, is refused', () => {
  assert.equal(reasonOf('Forwarded', 'for=1.1.1.1', 'X-Forwarded-For', '2.2.2.2'), 'address')
  assert.equal(reasonOf('Forwarded', 'proto=http', 'X-Forwarded-Proto', 'https'), 'scheme')
  assert.equal(reasonOf('Forwarded', 'host=a', 'X-Forwarded-Host', 'b'), 'host')
  assert.equal(reasonOf('Forwarded', 'for=;'), 'forwarded_malformed')
  assert.equal(reasonOf('X-Forwarded-Proto', 'gopher'), 'scheme_malformed')
  assert.equal(reasonOf('X-Forwarded-Host', 'a b'), 'host_malformed')
})
