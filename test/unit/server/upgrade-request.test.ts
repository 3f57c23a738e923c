import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fields } from '../../../src/message/fields.ts'
import { scanFields } from '../../../src/server/field-scan.ts'
import { judgeUpgrade } from '../../../src/server/upgrade-request.ts'

const ASKED = ['Connection', 'keep-alive, Upgrade', 'Upgrade', 'WebSocket']

function judge(lines: readonly string[], method = 'GET', version = '1.1'): string {
  return judgeUpgrade(method, version, scanFields(new Fields(lines)))
}

test('PX-10 a GET that asks for a WebSocket, and for nothing else, may have one', () => {
  assert.equal(judge(ASKED), 'websocket')
})

test('PX-10 without both fields, in HTTP/1.0, and for other protocols nothing is asked for', () => {
  assert.equal(judge(['Upgrade', 'websocket']), 'none')
  assert.equal(judge(['Connection', 'upgrade']), 'none')
  assert.equal(judge(['Connection', 'upgraded', 'Upgrade', 'websocket']), 'none')
  assert.equal(judge(ASKED, 'GET', '1.0'), 'none')
  assert.equal(judge(['Connection', 'Upgrade', 'Upgrade', 'h2c']), 'none')
})

test('a WebSocket asked for in any other way is invalid', () => {
  assert.equal(judge(ASKED, 'POST'), 'invalid')
  assert.equal(judge([...ASKED, 'Content-Length', '0']), 'invalid')
  assert.equal(judge([...ASKED, 'Transfer-Encoding', 'chunked']), 'invalid')
  assert.equal(judge([...ASKED, 'Upgrade', 'h2c']), 'invalid')
})
