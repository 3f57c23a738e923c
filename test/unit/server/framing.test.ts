import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fields } from '../../../src/message/fields.ts'
import { scanFields } from '../../../src/server/field-scan.ts'
import { readFraming } from '../../../src/server/framing.ts'

function frame(lines: readonly string[], version: '1.0' | '1.1' = '1.1'): unknown {
  const framing = readFraming(scanFields(new Fields(lines)), version)
  return framing.ok ? framing.value : framing.error.code
}

test('H1-12 one decimal length is a length', () => {
  assert.deepEqual(frame(['Content-Length', '0']), { kind: 'length', bytes: 0 })
  assert.deepEqual(frame(['content-length', ' 0042\t']), { kind: 'length', bytes: 42 })
  assert.deepEqual(frame(['Content-Length', '5'], '1.0'), { kind: 'length', bytes: 5 })
  for (const value of ['', ' ', '+1', '-1', '1,1', '1 1', '0x1', '1e3', '1.0', 'a', '9'.repeat(16), '\u0661']) {
    assert.equal(frame(['Content-Length', value]), 'request.ambiguous_framing', value)
  }
})

test('H1-08 exactly chunked is chunked, in any case', () => {
  assert.deepEqual(frame(['Transfer-Encoding', 'Chunked']), { kind: 'chunked' })
  assert.deepEqual(frame(['Transfer-Encoding', '\tchunked ']), { kind: 'chunked' })
  for (const value of [
    '',
    'gzip',
    'chunked, gzip',
    'chunked, chunked',
    ', chunked',
    'chunked,',
    '"chunked"',
    'xchunked',
  ]) {
    assert.equal(frame(['Transfer-Encoding', value]), 'request.ambiguous_framing', value)
  }
  assert.equal(frame(['Transfer-Encoding', 'gzip, chunked']), 'request.coding_unknown')
})

test('H1-09 H1-10 two framings, and codings in HTTP/1.0, are refused', () => {
  const chunked = ['Transfer-Encoding', 'chunked']
  assert.equal(frame([...chunked, 'Content-Length', '1']), 'request.ambiguous_framing')
  assert.equal(frame([...chunked, ...chunked]), 'request.ambiguous_framing')
  assert.equal(frame(['Content-Length', '1', 'Content-Length', '1']), 'request.ambiguous_framing')
  assert.equal(frame(chunked, '1.0'), 'request.ambiguous_framing')
})

test('neither means no body', () => {
  assert.deepEqual(frame([]), { kind: 'none' })
})
