/** Expect: 100 goes out after the verdict, never to HTTP/1.0, and an expectation in disguise is none (PX-12, threats 1.5 and 3.30). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Denial } from '../../src/errors/denial.ts'
import type { Reply } from '../../src/exchange/exchange.ts'
import type { RequestHead } from '../../src/message/request-head.ts'
import type { ServerRequestBody } from '../../src/server/request-body.ts'
import { refuse as refuseHead, withDoor } from '../support/front-door.ts'
import {
  begin,
  get,
  type HostileRow,
  MAX_BODY_BYTES,
  openHostile,
  pass,
  post as postOrders,
  refuse,
  testRows,
  valuesOf,
} from '../support/hostile-rows.ts'
import { parseAnswers } from '../support/raw-socket.ts'

function post(lines: string, body = ''): string {
  return `POST /a HTTP/1.1\r\nHost: api.test\r\n${lines}\r\n${body}`
}

async function count(head: RequestHead, reply: Reply, body: ServerRequestBody | undefined): Promise<void> {
  let bytes = 0
  for await (const chunk of body?.open() ?? []) bytes += (chunk as Uint8Array).length
  reply.send(200, [], `${head.path} ${bytes}`)
}

function forbid(_head: RequestHead, reply: Reply): void {
  refuseHead(reply, { code: 'credentials.missing' } satisfies Denial)
}

describe('a caller that waits for 100 Continue', () => {
  const EXPECT = 'Content-Length: 5\r\nExpect: 100-continue\r\n'

  test('gets it when the body is wanted', async () => {
    await withDoor({ handle: count }, async socket => {
      socket.send(post(EXPECT))
      await socket.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
      socket.send('abcde')
      await socket.until(/\/a 5$/)
    })
  })

  test('gets the refusal and no 100 when it is not', async () => {
    await withDoor({ handle: forbid }, async (socket, door) => {
      socket.send(post(EXPECT))
      const [answer, ...more] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 401)
      assert.deepEqual(more, [])
      assert.equal(door.reached.length, 1)
    })
  })

  test('gets 413 at once where the length is over the limit', async () => {
    await withDoor({ handle: count, limits: { maxBodyBytes: 4 } }, async (socket, door) => {
      socket.send(post(EXPECT))
      const [answer] = parseAnswers(await socket.closed())
      assert.equal(answer?.status, 413)
      assert.equal(door.reached.length, 0)
    })
  })

  test('is not taken at its word in HTTP/1.0', async () => {
    await withDoor({ handle: count }, async socket => {
      socket.send('POST /a HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab')
      const [answer] = parseAnswers(await socket.closed())
      assert.equal(answer?.body, '/a 2')
    })
  })
})

const LENGTH = 'Content-Length: 5\r\n'
const unknown = (name: string, value: string): HostileRow =>
  refuse(name, postOrders(`Expect: ${value}\r\n${LENGTH}`, 'hello'), 'request.expectation')
/** Node closes behind an answer that no 100 went before. */
const met = (name: string, bytes: string): HostileRow =>
  pass(
    name,
    bytes,
    `${bytes.split(' ')[0]} /orders/a`,
    seen => assert.deepEqual(valuesOf(seen, 'expect'), []),
    'closed',
  )

testRows('an expectation', [
  unknown('threats 3.30, that nobody knows', '200-ok'),
  unknown('in disguise in front', 'x-100-continue'),
  unknown('in disguise behind', '100-continue-x'),
  unknown('in quotes', '"100-continue"'),
  unknown('with a parameter', '100-continue;q=1'),
  unknown('with a value', '100-continue=1'),
  unknown('in a list', '100-continue, x'),
  unknown('in a list with itself', '100-continue, 100-continue'),
  unknown('with a comma', '100-continue,'),
  unknown('with a space in it', '100 -continue'),
  unknown('with an underscore', '100_continue'),
  unknown('of another number', '101-continue'),
  unknown('that is empty', ''),
  unknown('of a number', '100'),
  unknown('of words', 'continue'),
  unknown('0.CL, of something and a line end encoded', '100-continue%0d%0a'),
  refuse(
    'twice',
    postOrders(`Expect: 100-continue\r\nExpect: 100-continue\r\n${LENGTH}`, 'hello'),
    'request.expectation',
  ),
  refuse(
    'twice, once unknown',
    postOrders(`Expect: 100-continue\r\nExpect: x\r\n${LENGTH}`, 'hello'),
    'request.expectation',
  ),
  refuse('0.CL, folded', postOrders(`Expect:\r\n 100-continue\r\n${LENGTH}`, 'hello'), 'request.malformed'),
  refuse(
    '0.CL, with a space before its colon',
    postOrders(`Expect : 100-continue\r\n${LENGTH}`, 'hello'),
    'request.malformed',
  ),
  refuse(
    'with a length over the limit',
    postOrders(`Expect: 100-continue\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n`),
    'request.body_too_large',
  ),
  refuse(
    'with both framings',
    postOrders(`Expect: 100-continue\r\n${LENGTH}Transfer-Encoding: chunked\r\n`),
    'request.ambiguous_framing',
  ),
  met('of a GET without a body is met at once', get('Expect: 100-continue\r\n')),
  met('of a body of nothing is met at once', postOrders('Expect: 100-continue\r\nContent-Length: 0\r\n')),
  pass(
    'in HTTP/1.0 is not looked at, and no 100 is sent',
    begin('POST /orders/a HTTP/1.0', `Expect: 100-continue\r\n${LENGTH}`, 'hello'),
    'POST /orders/a',
    (seen, answer) => {
      assert.equal(answer.status, 200)
      assert.equal(String(seen.body), 'hello')
    },
    'closed',
  ),
  pass(
    'in HTTP/1.0 may be anything',
    begin('GET /orders/a HTTP/1.0', 'Expect: x\r\n'),
    'GET /orders/a',
    undefined,
    'closed',
  ),
])

test('the 100 comes after the verdict, before the body, once, and in any case of the word', async t => {
  const { open, fill, scene } = await openHostile(t)
  for (const [i, word] of ['100-continue', '100-Continue', ' 100-CONTINUE '].entries()) {
    const socket = await open()
    socket.send(fill(postOrders(`Expect: ${word}\r\n${LENGTH}`)))
    await socket.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    socket.send('hello')
    const [interim, answer, ...more] = parseAnswers(await socket.until(/ok$/))
    assert.deepEqual([interim?.status, answer?.status, more.length], [100, 200, 0])
    assert.equal(scene.upstream.requests.length, i + 1)
    assert.equal(String(scene.upstream.requests[i]?.body), 'hello')
    socket.destroy()
  }
})

test('a body that comes without waiting for the 100 is read all the same', async t => {
  const { open, fill, scene } = await openHostile(t)
  const socket = await open()
  socket.send(fill(postOrders(`Expect: 100-continue\r\n${LENGTH}`, 'hello') + get()))
  const statuses = parseAnswers(await socket.until(/ok[\s\S]*ok$/)).map(({ status }) => status)
  assert.deepEqual(
    statuses.filter(status => status !== 100),
    [200, 200],
  )
  assert.deepEqual(
    scene.upstream.requests.map(({ method, body }) => `${method} ${body}`),
    ['POST hello', 'GET '],
  )
  socket.destroy()
})

test('CL.0 of an early answer: a refused caller that sends its body later has sent no request', async t => {
  const { open, scene, fill } = await openHostile(t)
  const hidden = fill(get())
  const socket = await open()
  socket.send(
    `POST /orders/a HTTP/1.1\r\nHost: api.test\r\nExpect: 100-continue\r\nContent-Length: ${hidden.length}\r\n\r\n`,
  )
  await socket.until(/"credentials.missing"/)
  socket.send(hidden)
  assert.equal(parseAnswers(await socket.closed()).length, 1)
  assert.equal(scene.upstream.requests.length, 0)
})
