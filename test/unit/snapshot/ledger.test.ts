import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLedger } from '../../../src/snapshot/ledger.ts'

/** Something that counts how often it was closed. */
function closable(): { closed: number; close(): Promise<void> } {
  return {
    closed: 0,
    async close() {
      this.closed += 1
    },
  }
}

test('equal keys share one value, across pages too', () => {
  const ledger = createLedger()
  const [one, other] = [ledger.openPage(), ledger.openPage()]
  const value = one.borrow('a', closable)
  const never = (): never => assert.fail('made twice')
  assert.equal(one.borrow('a', never), value)
  assert.equal(other.borrow('a', never), value)
  assert.notEqual(other.borrow('b', closable), value)
  assert.equal(ledger.size(), 2)
})

test('the last page that gives a value back closes it, once', async () => {
  const ledger = createLedger()
  const [one, other] = [ledger.openPage(), ledger.openPage()]
  const value = one.borrow('a', closable)
  one.borrow('a', closable)
  other.borrow('a', closable)
  await one.giveBack()
  await one.giveBack()
  assert.equal(value.closed, 0, 'another page holds it, and a page counts a key once')
  await other.giveBack()
  assert.equal(value.closed, 1)
  assert.equal(ledger.size(), 0)
})

test('a key that was given back is made anew, also while the old value is still closing', async () => {
  const ledger = createLedger()
  const gate = Promise.withResolvers<void>()
  const slow = { close: () => gate.promise }
  const page = ledger.openPage()
  page.borrow('a', () => slow)
  const closing = page.giveBack()
  const next = ledger.openPage()
  const anew = next.borrow('a', closable)
  assert.notEqual(anew, slow)
  gate.resolve()
  await closing
  assert.equal(ledger.size(), 1, 'the new value is not let go with the old one')
  await next.giveBack()
  assert.equal(anew.closed, 1)
})

test('a maker that throws leaves nothing behind', () => {
  const ledger = createLedger()
  const page = ledger.openPage()
  assert.throws(() =>
    page.borrow('a', () => {
      throw new Error('no')
    }),
  )
  assert.equal(ledger.size(), 0)
})
