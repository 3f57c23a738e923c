import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddressRange } from '../../../src/settings/address-range.ts'

test('a range is an address, a block, or from and to', () => {
  const table = {
    '10.0.0.1': { kind: 'block', address: '10.0.0.1', prefix: 32 },
    '10.0.0.0/24': { kind: 'block', address: '10.0.0.0', prefix: 24 },
    '0.0.0.0/0': { kind: 'block', address: '0.0.0.0', prefix: 0 },
    '2001:db8::/32': { kind: 'block', address: '2001:db8::', prefix: 32 },
    '::1': { kind: 'block', address: '::1', prefix: 128 },
    '10.0.1.10-10.0.1.20': { kind: 'range', from: '10.0.1.10', to: '10.0.1.20' },
    '10.0.1.10 - 10.0.1.20': { kind: 'range', from: '10.0.1.10', to: '10.0.1.20' },
    '2001:db8::1-2001:db8::ff': { kind: 'range', from: '2001:db8::1', to: '2001:db8::ff' },
    '::ffff:10.0.0.1-::ffff:10.0.0.2': { kind: 'range', from: '::ffff:10.0.0.1', to: '::ffff:10.0.0.2' },
  }
  for (const [text, value] of Object.entries(table))
    assert.deepEqual(parseAddressRange(text), { ok: true, value }, text)
})

test('what is no range is refused', () => {
  const wrong = ['', 'example.com', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '10.0.0.0/x']
  const ranges = [
    '10.0.0.2-10.0.0.1',
    '10.0.0.1-::1',
    '1.1.1.1-2.2.2.2-3.3.3.3',
    'fe80::2-fe80::1',
    '1.1.1.1-',
    '10.0.0.256',
    'fe80::1%eth0',
  ]
  for (const text of [...wrong, ...ranges]) assert.equal(parseAddressRange(text).ok, false, text)
})
