/**
 * HTTP/2 upstreams that misbehave, frame by frame (RFC 9113). Each must end in a 502 or 504, or in a visible cut where the head was
 * out; the process goes on, and a connection that broke the protocol gets no further request.
 */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { makeExchange } from '../support/exchange.ts'
import { FakeReply } from '../support/fake-reply.ts'
import { codeOfOutcome, makeTarget } from '../support/http-target.ts'
import { FLAG, FRAME, fieldBlock, frame, head, startRawHttp2Upstream, uint32 } from '../support/raw-http2-upstream.ts'
import { until } from '../support/upstream.ts'

type Answer = (socket: Socket, stream: number) => void

interface Row {
  readonly name: string
  readonly answer: Answer
  /** How the exchange ends. */
  readonly ends: string | RegExp
  /** Whether another stream of the connection may be used afterwards. Default: not looked at. */
  readonly connection?: 'kept' | 'left'
}

const rst = (stream: number, code: number): Buffer => frame(FRAME.rst, 0, stream, uint32(code))
const goaway = (last: number, code: number): Buffer =>
  frame(FRAME.goaway, 0, 0, Buffer.concat([uint32(last), uint32(code)]))
const data = (stream: number, text: string, flags = 0): Buffer => frame(FRAME.data, flags, stream, text)
const endedHead = (stream: number, ...fields: readonly string[]): Buffer =>
  frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, fieldBlock(...fields))
const many = (count: number, make: (i: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => make(i)))

const RESETS: readonly Row[] = [1, 2, 7, 8, 11, 13].map(code => ({
  name: `a reset with code ${code} instead of an answer`,
  answer: (socket, stream) => socket.write(rst(stream, code)),
  ends: /^denied upstream\.(reset|protocol)$/,
  connection: 'kept',
}))

const CUTS: readonly Row[] = [0, 2, 5, 8].map(code => ({
  name: `a reset with code ${code} amid an answer of unknown length`,
  answer: (socket, stream) =>
    socket.write(Buffer.concat([head(stream, '200'), data(stream, 'part'), rst(stream, code)])),
  ends: 'broken upstream.interrupted',
  connection: 'kept',
}))

const ROWS: readonly Row[] = [
  ...RESETS,
  ...CUTS,
  {
    name: 'a goaway that disowns the request',
    answer: socket => socket.write(goaway(0, 0)),
    ends: 'denied upstream.reset',
    connection: 'left',
  },
  {
    name: 'a goaway that disowns the request amid its answer',
    answer: (socket, stream) => socket.write(Buffer.concat([head(stream, '200'), data(stream, 'part'), goaway(0, 0)])),
    ends: 'broken upstream.interrupted',
    connection: 'left',
  },
  {
    name: 'a goaway with an error amid the answer',
    answer: (socket, stream) =>
      socket.write(Buffer.concat([head(stream, '200'), data(stream, 'part'), goaway(stream, 2)])),
    ends: 'broken upstream.interrupted',
    connection: 'left',
  },
  {
    name: 'the end of the connection amid the answer',
    answer: (socket, stream) => socket.end(Buffer.concat([head(stream, '200'), data(stream, 'part')])),
    ends: 'broken upstream.interrupted',
    connection: 'left',
  },
  {
    name: 'the end of the connection instead of an answer',
    answer: socket => socket.end(),
    ends: 'denied upstream.reset',
    connection: 'left',
  },
  {
    name: 'more data than content-length says',
    answer: (socket, stream) =>
      socket.write(Buffer.concat([head(stream, '200', 'content-length', '3'), data(stream, 'four', FLAG.endStream)])),
    ends: 'broken upstream.interrupted',
  },
  {
    name: 'less data than content-length says',
    answer: (socket, stream) =>
      socket.write(Buffer.concat([head(stream, '200', 'content-length', '5'), data(stream, 'four', FLAG.endStream)])),
    ends: 'broken upstream.interrupted',
  },
  {
    name: 'two lengths',
    answer: (socket, stream) =>
      socket.write(endedHead(stream, ':status', '200', 'content-length', '0', 'content-length', '5')),
    ends: 'denied upstream.protocol',
  },
  ...(
    [
      ['a head without a status', ['x-a', '1']],
      ['two statuses', [':status', '200', ':status', '404']],
      ['a status after a field', ['x-a', '1', ':status', '200']],
      ['a status that is no number', [':status', 'two']],
      ['a pseudo field of requests', [':status', '200', ':path', '/admin']],
      ['a connection field', [':status', '200', 'connection', 'close']],
      ['a transfer coding', [':status', '200', 'transfer-encoding', 'chunked']],
      ['a field name in upper case', [':status', '200', 'X-Upper', '1']],
      ['a status of 101', [':status', '101']],
    ] as const
  ).map(
    ([name, fields]): Row => ({
      name,
      answer: (socket, stream) => socket.write(endedHead(stream, ...fields)),
      ends: 'denied upstream.protocol',
    }),
  ),
  {
    name: 'a status of 101 as an interim answer',
    answer: (socket, stream) => socket.write(head(stream, '101')),
    ends: 'denied upstream.protocol',
  },
  {
    name: 'a status of 600, and a body in the same breath',
    answer: (socket, stream) =>
      socket.write(Buffer.concat([head(stream, '600'), many(50, () => data(stream, 'x'.repeat(500)))])),
    ends: 'denied upstream.protocol',
    connection: 'kept',
  },
  {
    name: 'interim answers without end',
    answer: (socket, stream) => socket.write(many(100, () => head(stream, '103', 'link', '</a>'))),
    ends: 'denied upstream.protocol',
    connection: 'kept',
  },
  {
    name: 'a head of 200 KiB in continuation frames',
    answer: (socket, stream) => {
      const block = fieldBlock(
        ':status',
        '200',
        ...Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'v'.repeat(1000)]).flat(),
      )
      const parts: Uint8Array[] = [block.subarray(0, 16_000)]
      for (let at = 16_000; at < block.length; at += 16_000) parts.push(block.subarray(at, at + 16_000))
      socket.write(
        Buffer.concat(
          parts.map((part, i) =>
            frame(
              i === 0 ? FRAME.headers : FRAME.continuation,
              i === parts.length - 1 ? FLAG.endHeaders : 0,
              stream,
              part,
            ),
          ),
        ),
      )
    },
    ends: 'denied upstream.protocol',
  },
  {
    name: 'a thousand field lines',
    answer: (socket, stream) =>
      socket.write(head(stream, '200', ...Array.from({ length: 1000 }, (_, i) => [`x-${i}`, '']).flat())),
    ends: 'denied upstream.protocol',
  },
  {
    name: 'continuation frames without end',
    answer: (socket, stream) => {
      const first = frame(FRAME.headers, 0, stream, fieldBlock(':status', '200'))
      socket.write(
        Buffer.concat([first, many(1000, () => frame(FRAME.continuation, 0, stream, fieldBlock('x-a', '1')))]),
      )
    },
    ends: 'denied upstream.protocol',
    connection: 'left',
  },
  {
    name: 'a status among the trailers',
    answer: (socket, stream) =>
      socket.write(Buffer.concat([head(stream, '200'), data(stream, 'body'), endedHead(stream, ':status', '500')])),
    ends: 'broken upstream.interrupted',
  },
  {
    name: 'a connection field among the trailers',
    answer: (socket, stream) =>
      socket.write(
        Buffer.concat([head(stream, '200'), data(stream, 'body'), endedHead(stream, 'connection', 'close')]),
      ),
    ends: 'broken upstream.interrupted',
  },
  {
    name: 'a length among the trailers',
    answer: (socket, stream) =>
      socket.write(
        Buffer.concat([head(stream, '200'), data(stream, 'body'), endedHead(stream, 'content-length', '9')]),
      ),
    ends: 'broken upstream.interrupted',
  },
  {
    name: '1 MiB of trailers',
    answer: (socket, stream) => {
      const block = fieldBlock(...Array.from({ length: 1024 }, (_, i) => [`x-${i}`, 'v'.repeat(1024)]).flat())
      const frames: Uint8Array[] = [Buffer.concat([head(stream, '200'), data(stream, 'body')])]
      for (let at = 0; at < block.length; at += 16_000) {
        const isLast = at + 16_000 >= block.length
        const flags = (at === 0 ? FLAG.endStream : 0) | (isLast ? FLAG.endHeaders : 0)
        frames.push(
          frame(at === 0 ? FRAME.headers : FRAME.continuation, flags, stream, block.subarray(at, at + 16_000)),
        )
      }
      socket.write(Buffer.concat(frames))
    },
    ends: 'broken upstream.interrupted',
  },
  {
    name: 'more trailers than may be passed on',
    answer: (socket, stream) =>
      socket.write(
        Buffer.concat([
          head(stream, '200'),
          data(stream, 'body'),
          endedHead(stream, 'x-a', 'v'.repeat(9000), 'x-b', 'v'.repeat(9000)),
        ]),
      ),
    ends: 'broken upstream.interrupted',
  },
  {
    name: 'a pushed answer',
    answer: (socket, stream) =>
      socket.write(
        frame(FRAME.push, FLAG.endHeaders, stream, Buffer.concat([uint32(2), fieldBlock(':method', 'GET')])),
      ),
    ends: 'denied upstream.protocol',
    connection: 'left',
  },
  {
    name: 'an answer on a stream that nobody opened',
    answer: (socket, stream) => socket.write(head(stream + 2, '200')),
    ends: 'denied upstream.protocol',
    connection: 'left',
  },
  {
    name: 'data before a head',
    answer: (socket, stream) => socket.write(data(stream, 'body', FLAG.endStream)),
    ends: 'denied upstream.protocol',
  },
  {
    name: 'a frame larger than agreed',
    answer: (socket, stream) => socket.write(Buffer.concat([head(stream, '200'), data(stream, 'x'.repeat(20_000))])),
    ends: /upstream\.(protocol|interrupted)$/,
    connection: 'left',
  },
  {
    name: 'broken compression',
    answer: (socket, stream) =>
      socket.write(frame(FRAME.headers, FLAG.endHeaders, stream, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))),
    ends: 'denied upstream.protocol',
    connection: 'left',
  },
  {
    name: 'settings without end',
    answer: socket =>
      socket.write(many(20_000, () => frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, 3]), uint32(100)])))),
    ends: /^denied upstream\.(protocol|reset|response_timeout)$/,
  },
  {
    name: 'pings without end',
    answer: socket => socket.write(many(20_000, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)))),
    ends: /^denied upstream\.(protocol|reset|response_timeout)$/,
  },
  {
    name: 'a window beyond the largest',
    answer: (socket, stream) => socket.write(many(2, () => frame(FRAME.window, 0, stream, uint32(0x7fffffff)))),
    ends: 'denied upstream.protocol',
  },
  {
    name: 'garbage amid the connection',
    answer: socket => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    ends: 'denied upstream.protocol',
    connection: 'left',
  },
  { name: 'silence', answer: () => undefined, ends: 'denied upstream.response_timeout', connection: 'kept' },
]

/** Node.js would end the process here if a broken head were forgotten in the wrong order (`src/upstream/native-handles.ts`). */
after(async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let turn = 0; turn < 5; turn++) {
    await new Promise(resolve => setImmediate(resolve))
    collect()
  }
})

describe('an HTTP/2 upstream that answers a request with', () => {
  for (const { name, answer, ends, connection } of ROWS) {
    it(name, async t => {
      const upstream = await startRawHttp2Upstream((socket, stream, before) => {
        if (before === 0) answer(socket, stream)
        else socket.write(Buffer.concat([head(stream, '200'), data(stream, 'ok', FLAG.endStream)]))
      })
      t.after(() => upstream.close())
      const target = makeTarget(t, [upstream.origin], {
        settings: { protocol: 'http2', responseTimeoutMs: 300, connectTimeoutMs: 500, idleTimeoutMs: 300 },
      })
      const reply = new FakeReply()
      // A POST: whatever happens to it, it is sent once.
      const outcome = await target.call(makeExchange({ method: 'POST', head: { httpVersion: '2.0' } }), reply)
      const code = codeOfOutcome(outcome)
      if (typeof ends === 'string') assert.equal(code, ends)
      else assert.match(code, ends)
      if (outcome.kind === 'broken') assert.equal(reply.state, 'cut')
      assert.equal(upstream.streams.flat().length, 1)
      if (name === 'silence') await until(() => upstream.frames.some(each => each.startsWith('6 ')), 'the ping')
      const next = new FakeReply()
      // Who does not answer our ping is asked nothing more on that connection.
      if (name === 'silence') await until(() => upstream.open() === 0, 'the connection to close')
      assert.deepEqual(await target.call(makeExchange(), next), { kind: 'replied', status: 200 })
      assert.equal(next.text, 'ok')
      if (connection === 'left') assert.equal(upstream.streams.length, 2)
      if (connection === 'kept' && name !== 'silence') assert.equal(upstream.streams.length, 1)
    })
  }
})

describe('an HTTP/2 upstream that begins with', () => {
  const beginnings: readonly (readonly [string, (socket: Socket) => void])[] = [
    ['garbage', socket => socket.write('SSH-2.0-OpenSSH_9.2\r\n')],
    ['an HTTP/1.1 answer', socket => socket.write('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')],
    ['a ping instead of settings', socket => socket.write(frame(FRAME.ping, 0, 0, Buffer.alloc(8)))],
    ['settings of a wrong size', socket => socket.write(frame(FRAME.settings, 0, 0, Buffer.alloc(5)))],
    ['a goaway', socket => socket.write(Buffer.concat([frame(FRAME.settings, 0, 0), goaway(0, 0)]))],
    ['its end', socket => socket.end()],
    ['a reset', socket => socket.resetAndDestroy()],
    ['nothing at all', () => undefined],
    [
      'settings that allow no request',
      socket => socket.write(frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, 3]), uint32(0)]))),
    ],
  ]
  for (const [name, begin] of beginnings) {
    it(`${name} sees no request, and the caller gets a 50x`, async t => {
      const upstream = await startRawHttp2Upstream(() => undefined, begin)
      t.after(() => upstream.close())
      const target = makeTarget(t, [upstream.origin], { settings: { protocol: 'http2', connectTimeoutMs: 200 } })
      const code = codeOfOutcome(await target.call(makeExchange({ method: 'POST' }), new FakeReply()))
      assert.match(code, /^denied upstream\.(protocol|reset|unreachable|connect_timeout|overloaded)$/)
      assert.deepEqual(upstream.streams.flat(), [])
    })
  }
})
