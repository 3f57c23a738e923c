import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddressSet, normalizeAddress } from '../../../src/message/address.ts'

test('an address has one form', () => {
  assert.equal(normalizeAddress('10.0.0.1'), '10.0.0.1')
  assert.equal(normalizeAddress('2001:0DB8:0:0::0001'), '2001:db8::1')
  assert.equal(normalizeAddress('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(normalizeAddress('::FFFF:0a00:0001'), '10.0.0.1')
  assert.equal(normalizeAddress('fe80::1%eth0'), 'fe80::1')
})

test('what is no address has none', () => {
  for (const text of [
    '',
    'a',
    '10.0.0',
    '10.0.0.1.2',
    '010.0.0.1',
    '10.0.0.256',
    '[::1]',
    '10.0.0.1:80',
    ' 10.0.0.1',
    '1',
  ]) {
    assert.equal(normalizeAddress(text), undefined, text)
  }
})

test('a set holds blocks and ranges of both families, ends included', () => {
  const set = createAddressSet([
    { kind: 'block', address: '10.1.0.0', prefix: 16 },
    { kind: 'range', from: '192.168.1.10', to: '192.168.1.20' },
    { kind: 'block', address: '2001:db8::', prefix: 32 },
    { kind: 'range', from: '::1', to: '::3' },
  ])
  assert.equal(set.isEmpty, false)
  for (const address of ['10.1.0.0', '10.1.255.255', '192.168.1.10', '192.168.1.20', '2001:db8::9', '::1', '::3']) {
    assert.ok(set.has(address), address)
  }
  for (const address of ['10.2.0.0', '192.168.1.9', '192.168.1.21', '2001:db9::', '::4', '', 'x', '10.1.0.0:80']) {
    assert.ok(!set.has(address), address)
  }
})

test('the empty set has nothing', () => {
  const set = createAddressSet([])
  assert.equal(set.isEmpty, true)
  assert.ok(!set.has('127.0.0.1'))
})
