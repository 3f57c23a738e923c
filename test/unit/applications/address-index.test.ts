import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAddressIndex, toNumber } from '../../../src/applications/address-index.ts'
import type { AddressRange } from '../../../src/settings/model.ts'

test('addresses of both families lie on one number line', () => {
  assert.equal(toNumber('1.2.3.4'), 0xffff01020304n)
  assert.equal(toNumber('::ffff:1.2.3.4'), 0xffff01020304n)
  assert.equal(toNumber('::ffff:102:304'), 0xffff01020304n)
  assert.equal(toNumber('::'), 0n)
  assert.equal(toNumber('::1'), 1n)
  assert.equal(toNumber('1::'), 1n << 112n)
  assert.equal(toNumber('2001:db8::1:0:2'), (0x20010db8n << 96n) | (1n << 32n) | 2n)
  for (const text of ['', '1.2.3', 'localhost', '[::1]', 'fe80::1%eth0', '1.2.3.4:80']) {
    assert.equal(toNumber(text), undefined, text)
  }
})

test('a block and a range hold their ends and nothing beside them', () => {
  const index = createAddressIndex([
    { owner: 'block', range: { kind: 'block', address: '10.0.0.77', prefix: 24 } },
    { owner: 'range', range: { kind: 'range', from: '10.0.1.10', to: '10.0.1.20' } },
    { owner: 'one', range: { kind: 'block', address: '10.0.1.15', prefix: 32 } },
    { owner: 'six', range: { kind: 'block', address: '2001:db8::', prefix: 32 } },
    { owner: 'unreadable', range: { kind: 'block', address: 'nonsense', prefix: 0 } },
  ])
  assert.deepEqual(index.ownersOf('10.0.0.0'), ['block'])
  assert.deepEqual(index.ownersOf('10.0.0.255'), ['block'])
  assert.deepEqual(index.ownersOf('10.0.1.0'), [])
  assert.deepEqual(index.ownersOf('10.0.1.9'), [])
  assert.deepEqual(index.ownersOf('10.0.1.10'), ['range'])
  assert.deepEqual([...index.ownersOf('10.0.1.15')].sort(), ['one', 'range'])
  assert.deepEqual(index.ownersOf('10.0.1.21'), [])
  assert.deepEqual(index.ownersOf('2001:db8:ffff::1'), ['six'])
  assert.deepEqual(index.ownersOf('2001:db9::'), [])
  assert.deepEqual(index.ownersOf('nonsense'), [])
  assert.deepEqual(createAddressIndex([]).ownersOf('10.0.0.1'), [])
})

test('an IPv4 range does not hold IPv6 addresses, and the whole of IPv6 holds no more than it says', () => {
  const index = createAddressIndex([{ owner: 'v4', range: { kind: 'block', address: '0.0.0.0', prefix: 0 } }])
  assert.deepEqual(index.ownersOf('255.255.255.255'), ['v4'])
  assert.deepEqual(index.ownersOf('::1'), [])
})

test('the index agrees with the platform for any ranges and address', () => {
  const small = fc.nat(7)
  const address = fc.tuple(small, small).map(([a, b]) => `10.0.${a}.${b * 32}`)
  const range = fc.oneof(
    fc
      .record({ address, prefix: fc.integer({ min: 16, max: 32 }) })
      .map((block): AddressRange => ({ kind: 'block', ...block })),
    fc.tuple(address, address).map(([a, b]): AddressRange => {
      const [from, to] = (toNumber(a) ?? 0n) <= (toNumber(b) ?? 0n) ? [a, b] : [b, a]
      return { kind: 'range', from, to }
    }),
  )
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), address, (ranges, wanted) => {
      const index = createAddressIndex(ranges.map((each, owner) => ({ owner, range: each })))
      const expected = ranges.flatMap((each, owner) => (holds(each, wanted) ? [owner] : []))
      assert.deepEqual(
        [...index.ownersOf(wanted)].sort((a, b) => a - b),
        expected,
      )
    }),
    { numRuns: 500 },
  )
})

function holds(range: AddressRange, address: string): boolean {
  const list = new BlockList()
  if (range.kind === 'block') list.addSubnet(range.address, range.prefix, isIP(range.address) === 4 ? 'ipv4' : 'ipv6')
  else list.addRange(range.from, range.to, 'ipv4')
  return list.check(address)
}
