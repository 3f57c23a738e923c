import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Fields } from '../../../src/message/fields.ts'
import { maxForwardsOf } from '../../../src/message/max-forwards.ts'

const read = (...lines: string[]): number | undefined | null => maxForwardsOf(new Fields(lines))

describe('Max-Forwards', () => {
  it('PX-04 is a number in decimal digits', () => {
    assert.equal(read('Max-Forwards', '0'), 0)
    assert.equal(read('max-forwards', '10'), 10)
    assert.equal(read('Max-Forwards', '007'), 7)
    assert.equal(read('Max-Forwards', '999999999'), 999_999_999)
  })

  it('is undefined where nothing is said', () => {
    assert.equal(read('Host', 'a'), undefined)
  })

  it('is null where it is no number, or there twice', () => {
    for (const text of ['', ' ', '-1', '+1', '1.0', '0x1', '1e3', '1, 2', 'x', '1234567890'])
      assert.equal(read('Max-Forwards', text), null, text)
    assert.equal(read('Max-Forwards', '1', 'Max-Forwards', '1'), null)
  })
})
