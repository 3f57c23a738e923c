import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUnfailingDestination } from '../../../src/log/unfailing-destination.ts'

test('a line that is thrown at counts as dropped', async () => {
  const lines: string[] = []
  let isBroken = false
  let isClosed = false
  const destination = createUnfailingDestination({
    write(line) {
      if (isBroken) throw new Error('broken')
      lines.push(line)
    },
    dropped: 2,
    close: async () => {
      isClosed = true
    },
  })
  destination.write('one')
  isBroken = true
  destination.write('two')
  assert.deepEqual([lines, destination.dropped], [['one'], 3])
  await destination.close()
  assert.ok(isClosed)
})
