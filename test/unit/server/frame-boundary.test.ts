import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameBoundary } from '../../../src/server/frame-boundary.ts'
import { makeFrame } from '../../support/websocket-frames.ts'

const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]

test('before the first byte, and behind each whole frame, there is a boundary', () => {
  for (const isMasked of [false, true]) {
    for (const size of SIZES) {
      const boundary = new FrameBoundary()
      assert.ok(boundary.isHere)
      const frame = makeFrame(size, isMasked)
      assert.equal(boundary.follow(frame.subarray(0, -1), false), frame.length - 1)
      assert.ok(!boundary.isHere, `${size} bytes but the last`)
      assert.equal(boundary.follow(frame.subarray(-1), false), 1)
      assert.ok(boundary.isHere, `${size} bytes`)
    }
  }
})

test('frames are followed the same in whatever parts they come', () => {
  const frames = fc.array(fc.record({ size: fc.constantFrom(...SIZES.slice(0, 5), 300), isMasked: fc.boolean() }), {
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 200 })), (plans, steps) => {
      const parts = plans.map(({ size, isMasked }) => makeFrame(size, isMasked))
      const ends = new Set<number>()
      let end = 0
      for (const part of parts) {
        end += part.length
        ends.add(end)
      }
      const all = Buffer.concat(parts)
      const boundary = new FrameBoundary()
      for (let at = 0; at < all.length; ) {
        const step = Math.min(steps.next().value ?? 1, all.length - at)
        boundary.follow(all.subarray(at, at + step), false)
        at += step
        assert.equal(boundary.isHere, ends.has(at))
      }
    }),
    { numRuns: 50 },
  )
})

test('asked to, it stops behind the first frame that ends', () => {
  const boundary = new FrameBoundary()
  const first = makeFrame(300, false)
  const second = makeFrame(5, false)
  boundary.follow(first.subarray(0, 100), false)
  const rest = Buffer.concat([first.subarray(100), second, second])
  assert.equal(boundary.follow(rest, true), first.length - 100)
  assert.ok(boundary.isHere)
  assert.equal(boundary.follow(rest.subarray(first.length - 100), true), second.length)
  assert.equal(boundary.follow(Buffer.alloc(0), true), 0)
})

test('what is no WebSocket is followed to its end all the same', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), chunks => {
      const boundary = new FrameBoundary()
      for (const chunk of chunks) assert.equal(boundary.follow(chunk, false), chunk.length)
    }),
    { numRuns: 100 },
  )
})
