import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlots } from '../../../src/credentials/slots.ts'

test('as many as there are places run at a time, the queue waits its turn, and more is turned away at once', async () => {
  const slots = createSlots(1, 1)
  const order: string[] = []
  const first = Promise.withResolvers<void>()
  const one = slots.run(async () => {
    order.push('one begins')
    await first.promise
    order.push('one ends')
  })
  const two = slots.run(async () => void order.push('two'))
  assert.ok(one !== undefined && two !== undefined)
  assert.equal(
    slots.run(async () => assert.fail('never runs')),
    undefined,
  )
  assert.equal(slots.isIdle(), false)
  first.resolve()
  await Promise.all([one, two])
  assert.deepEqual(order, ['one begins', 'one ends', 'two'])
  assert.equal(slots.isIdle(), true)
})

test('a failure frees its place', async () => {
  const slots = createSlots(1, 0)
  await assert.rejects(slots.run(async () => Promise.reject(new Error('broken'))) ?? Promise.resolve())
  assert.equal(slots.isIdle(), true)
  assert.equal(await slots.run(async () => 'fine'), 'fine')
})
