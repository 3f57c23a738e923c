/**
 * A refused request whose body had not arrived, or whose end nobody knew, was answered with `Connection: close`; then the connection
 * stayed as it was for two seconds, in which the rest was read. A caller that waits for the end of the connection waited with it, and
 * whoever sent broken bodies held a connection for as long. Now our side ends with the answer, and the rest is read behind that.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHostile, post } from '../support/hostile-rows.ts'
import { parseAnswers } from '../support/raw-socket.ts'

test('the end of the connection comes with the refusal, while a body is still on its way', async t => {
  const { open, fill } = await openHostile(t)
  for (const [lines, body, status] of [
    ['Transfer-Encoding: identity\r\n', 'hello', 400],
    ['Content-Length: 999999999\r\n', 'hello', 413],
    ['Transfer-Encoding: chunked\r\n', 'ZZ\r\n', 400],
    ['Expect: x\r\nContent-Length: 5000\r\n', 'hello', 417],
  ] as const) {
    const socket = await open()
    const startedAt = performance.now()
    socket.send(fill(post(lines, body)))
    assert.equal(parseAnswers(await socket.closed())[0]?.status, status)
    assert.ok(performance.now() - startedAt < 1_500, `${lines}: the connection ended late`)
  }
})
