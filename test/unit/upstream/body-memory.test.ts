import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { makeExchange } from '../../support/exchange.ts'
import { FakeReply } from '../../support/fake-reply.ts'
import { makeTarget } from '../../support/http-target.ts'
import { startUpstream } from '../../support/upstream.ts'

const MIB = 1024 * 1024

describe('a large body', () => {
  it('passes both ways at once without being stored', async t => {
    const upstream = await startUpstream('mirror', { keepBytes: false })
    t.after(() => upstream.close())
    const target = makeTarget(t, [upstream.origin], { settings: { responseTimeoutMs: 10_000 } })
    const part = Buffer.alloc(64 * 1024, 1)

    /** Sends a body and takes it back; returns by how much the resident memory grew meanwhile. */
    const pass = async (size: number): Promise<number> => {
      const before = process.memoryUsage.rss()
      let growth = 0
      let left = size
      const stream = new Readable({
        read() {
          growth = Math.max(growth, process.memoryUsage.rss() - before)
          this.push(left > 0 ? part : null)
          left -= part.length
        },
      })
      const reply = new FakeReply({ discard: true })
      const outcome = await target.call(makeExchange({ method: 'POST', body: { stream, length: size } }), reply)
      assert.deepEqual(outcome, { kind: 'replied', status: 200 })
      assert.equal(reply.bytes, size)
      return growth
    }

    // The heap and the collector's habits settle first; the upstream lives in this process too.
    for (const size of [32, 64]) await pass(size * MIB)
    const growth = await pass(200 * MIB)
    t.diagnostic(`resident memory grew by ${Math.round(growth / MIB)} MiB for 200 MiB both ways`)
    assert.ok(growth < 64 * MIB, `grew by ${Math.round(growth / MIB)} MiB`)
  })
})
