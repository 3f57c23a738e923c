/**
 * HTTP/2 frame by frame: what no client sends that keeps the rules. Each case names the section of RFC 9113 (or of RFC 7541, HPACK) or
 * the advisory that it comes from. Whatever happens to the stream or the connection, the upstream sees nothing of it, and the same
 * process answers the next caller.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCertificate } from '../support/certificate.ts'
import {
  CODE,
  continuation,
  data,
  type FieldList,
  FLAG,
  frame,
  goaway,
  type H2Wire,
  headers,
  hpack,
  hpackIndexed,
  openH2Wire,
  PREFACE,
  ping,
  priority,
  reset,
  SETTING,
  settings,
  TYPE,
  windowUpdate,
} from '../support/h2-frames.ts'
import { http2Settings } from '../support/http2-settings.ts'
import { openScene } from '../support/scene.ts'
import { until } from '../support/upstream.ts'

const MAX_RESETS = 20
const EH = FLAG.endHeaders
const ES = FLAG.endStream

/** Pseudo-header fields that differ from those of a good request; undefined leaves one out. */
type Pseudo = Readonly<Record<string, string | undefined>>

interface Case {
  readonly name: string
  /** Where it comes from. */
  readonly rule: string
  readonly send: (block: (pseudo?: Pseudo, more?: FieldList) => Buffer) => readonly Buffer[]
  /** Everything that is sent, where it is no good preface. */
  readonly begin?: readonly (Uint8Array | string)[]
  /** The answer, the code of the stream's reset, or the code of the GOAWAY that ends the connection. */
  readonly expect: { readonly status: number } | { readonly reset: number } | { readonly goaway: number }
}

const post: Pseudo = { ':method': 'POST' }
const malformed = { reset: CODE.protocol }
const protocolError = { goaway: CODE.protocol }

const CASES: readonly Case[] = [
  // Field lists.
  ...(
    [
      ['an upper-case name', '8.2.1', [['X-Upper', 'a']]],
      ['connection', '8.2.2', [['connection', 'close']]],
      ['keep-alive', '8.2.2', [['keep-alive', 'timeout=5']]],
      ['proxy-connection', '8.2.2', [['proxy-connection', 'close']]],
      ['upgrade', '8.2.2', [['upgrade', 'websocket']]],
      ['transfer-encoding', '8.2.2', [['transfer-encoding', 'chunked']]],
      ['te with more than trailers', '8.2.2', [['te', 'gzip']]],
      ['a pseudo field of answers', '8.3', [[':status', '200']]],
      ['a pseudo field that nobody knows', '8.3', [[':admin', '1']]],
      ['a pseudo field behind a field', '8.3', [[':path', '/other']]],
      [
        'two Host fields',
        '8.3.1',
        [
          ['host', 'localhost'],
          ['host', 'localhost'],
        ],
      ],
    ] as readonly (readonly [string, string, FieldList])[]
  ).map(([name, section, more]) => ({
    name,
    rule: `RFC 9113 section ${section}`,
    send: (block: (pseudo?: Pseudo, more?: FieldList) => Buffer) => [headers(1, block({}, more))],
    expect: malformed,
  })),
  {
    name: 'http2-settings, which belongs to an upgrade',
    rule: 'RFC 9113 section 8.2.2',
    send: block => [headers(1, block({}, [['http2-settings', 'AAMAAABk']]))],
    expect: { status: 400 },
  },
  {
    name: 'a Host that differs from :authority',
    rule: 'RFC 9113 section 8.3.1',
    send: block => [headers(1, block({}, [['host', 'other']]))],
    expect: { status: 400 },
  },
  {
    name: 'two Authorization fields',
    rule: 'RFC 9110 section 11.6.2',
    send: block => [headers(1, block({}, [['authorization', 'Bearer other']]))],
    expect: { status: 400 },
  },
  ...[':method', ':path', ':scheme', ':authority'].map(name => ({
    name: `no ${name}`,
    rule: 'RFC 9113 section 8.3.1',
    send: (block: (pseudo?: Pseudo) => Buffer) => [headers(1, block({ [name]: undefined }))],
    expect: malformed,
  })),
  {
    name: 'an empty :path',
    rule: 'RFC 9113 section 8.3.1',
    send: block => [headers(1, block({ ':path': '' }))],
    expect: malformed,
  },
  {
    name: 'an absolute-form :path',
    rule: 'RFC 9113 section 8.3.1',
    send: block => [headers(1, block({ ':path': 'http://localhost/orders/v1/items' }))],
    expect: malformed,
  },
  {
    name: 'a fragment in :path',
    rule: 'RFC 9110 section 7.1',
    send: block => [headers(1, block({ ':path': '/orders/v1/items#x' }))],
    expect: { status: 400 },
  },
  {
    name: 'raw bytes beyond ASCII in :path',
    rule: 'RFC 3986 section 3.3',
    send: block => [headers(1, block({ ':path': '/orders/\xff' }))],
    expect: { status: 400 },
  },
  {
    name: 'user information in :authority',
    rule: 'RFC 9113 section 8.3.1',
    send: block => [headers(1, block({ ':authority': 'admin@localhost' }))],
    expect: malformed,
  },
  {
    name: 'the scheme of another port',
    rule: 'RFC 9113 section 8.3.1',
    send: block => [headers(1, block({ ':scheme': 'https' }))],
    expect: { status: 400 },
  },
  {
    name: 'a scheme that is none of HTTP',
    rule: 'RFC 9113 section 8.3.1',
    send: block => [headers(1, block({ ':scheme': 'ftp' }))],
    expect: { status: 400 },
  },
  {
    name: 'a pseudo field twice',
    rule: 'RFC 9113 section 8.3',
    send: block => [headers(1, Buffer.concat([hpack([[':path', '/other']]), block()]))],
    expect: malformed,
  },
  {
    name: 'a method that is no token',
    rule: 'RFC 9110 section 9.1',
    send: block => [headers(1, block({ ':method': 'GE T' }))],
    expect: malformed,
  },
  {
    name: 'a method in lower case',
    rule: 'RFC 9110 section 9.1',
    send: block => [headers(1, block({ ':method': 'get' }))],
    expect: { status: 400 },
  },
  {
    name: 'TRACE',
    rule: 'RFC 9110 section 9.3.8',
    send: block => [headers(1, block({ ':method': 'TRACE' }))],
    expect: { status: 405 },
  },
  {
    name: 'CONNECT',
    rule: 'RFC 9113 section 8.5',
    send: () => [
      headers(
        1,
        hpack([
          [':method', 'CONNECT'],
          [':authority', 'localhost:22'],
        ]),
      ),
    ],
    expect: { status: 405 },
  },
  {
    name: 'extended CONNECT, which was not offered',
    rule: 'RFC 8441 section 3',
    send: block => [headers(1, block({ ':method': 'CONNECT', ':protocol': 'websocket' }), EH)],
    expect: malformed,
  },
  {
    name: 'an unknown expectation',
    rule: 'RFC 9110 section 10.1.1',
    send: block => [headers(1, block(post, [['expect', '200-ok']]), EH)],
    expect: { status: 417 },
  },

  // Lengths.
  {
    name: 'two lengths',
    rule: 'RFC 9113 section 8.1.1',
    send: block => [
      headers(
        1,
        block(post, [
          ['content-length', '5'],
          ['content-length', '5'],
        ]),
        EH,
      ),
      data(1, 'hello', true),
    ],
    expect: malformed,
  },
  {
    name: 'a length with a sign',
    rule: 'RFC 9110 section 8.6',
    send: block => [headers(1, block(post, [['content-length', '+5']]), EH), data(1, 'hello', true)],
    expect: malformed,
  },
  {
    name: 'less data than announced',
    rule: 'RFC 9113 section 8.1.1',
    send: block => [headers(1, block(post, [['content-length', '9']]), EH), data(1, 'hello', true)],
    expect: malformed,
  },
  {
    name: 'more data than announced',
    rule: 'RFC 9113 section 8.1.1',
    send: block => [headers(1, block(post, [['content-length', '3']]), EH), data(1, 'hello', true)],
    expect: { goaway: CODE.internal },
  },
  {
    name: 'a length and no data',
    rule: 'RFC 9113 section 8.1.1',
    send: block => [headers(1, block(post, [['content-length', '3']]))],
    expect: malformed,
  },
  {
    name: 'a body that says it is too large',
    rule: 'RFC 9110 section 15.5.14',
    send: block => [headers(1, block(post, [['content-length', '999999999']]), EH)],
    expect: { status: 413 },
  },
  {
    name: 'trailers that do not end the stream',
    rule: 'RFC 9113 section 8.1',
    send: block => [headers(1, block(post), EH), headers(1, hpack([['x-checksum', '1']]), EH)],
    expect: malformed,
  },
  {
    name: 'pseudo fields in trailers',
    rule: 'RFC 9113 section 8.1',
    send: block => [headers(1, block(post), EH), headers(1, hpack([[':path', '/other']]))],
    expect: malformed,
  },

  // Sizes.
  {
    name: 'too many fields',
    rule: 'RFC 6585 section 5',
    send: block => [
      headers(
        1,
        block(
          {},
          Array.from({ length: 130 }, (_, i) => [`x-${i}`, 'y'] as const),
        ),
      ),
    ],
    expect: { status: 431 },
  },
  {
    name: 'cookie crumbs without end',
    rule: 'RFC 9113 section 8.2.3',
    send: block => [
      headers(
        1,
        block(
          {},
          Array.from({ length: 130 }, (_, i) => ['cookie', `c${i}=1`] as const),
        ),
      ),
    ],
    expect: { status: 431 },
  },
  {
    name: 'many times too many fields',
    rule: 'RFC 9113 section 10.5.1',
    send: block => [
      headers(
        1,
        block(
          {},
          Array.from({ length: 600 }, (_, i) => [`x-${i}`, 'y'] as const),
        ),
      ),
    ],
    expect: { reset: CODE.calm },
  },
  {
    name: 'fields that are too large together',
    rule: 'RFC 6585 section 5',
    send: block => [
      headers(1, block({}, [['x-1', 'y'.repeat(15_000)]]), ES),
      continuation(1, hpack([['x-2', 'y'.repeat(15_000)]])),
      continuation(1, hpack([['x-3', 'y'.repeat(10_000)]]), EH),
    ],
    expect: { status: 431 },
  },
  {
    name: 'a target that is too long',
    rule: 'RFC 9110 section 15.5.15',
    send: block => [headers(1, block({ ':path': `/orders/${'x'.repeat(9_000)}` }))],
    expect: { status: 414 },
  },
  {
    name: 'an HPACK bomb: one large entry named eight thousand times',
    rule: 'CVE-2016-6581',
    send: block => [
      headers(1, Buffer.concat([block(), hpackIndexed('x-bomb', 'y'.repeat(4_000)), Buffer.alloc(8_000, 0xbe)])),
    ],
    expect: { reset: CODE.calm },
  },

  // HPACK.
  {
    name: 'index zero',
    rule: 'RFC 7541 section 6.1',
    send: () => [headers(1, Buffer.from([0x80]))],
    expect: { goaway: CODE.compression },
  },
  {
    name: 'an index beyond the table',
    rule: 'RFC 7541 section 2.3.3',
    send: () => [headers(1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]))],
    expect: { goaway: CODE.compression },
  },
  {
    name: 'a table larger than was offered',
    rule: 'RFC 7541 section 6.3',
    send: block => [headers(1, Buffer.concat([Buffer.from([0x3f, 0xff, 0xff, 0x03]), block()]))],
    expect: { goaway: CODE.compression },
  },
  {
    name: 'a block that ends in the middle',
    rule: 'RFC 9113 section 4.3',
    send: block => [headers(1, block().subarray(0, 40))],
    expect: { goaway: CODE.compression },
  },

  // Streams.
  {
    name: 'a stream with an even number',
    rule: 'RFC 9113 section 5.1.1',
    send: block => [headers(2, block())],
    expect: protocolError,
  },
  {
    name: 'HEADERS on stream 0',
    rule: 'RFC 9113 section 6.2',
    send: block => [headers(0, block())],
    expect: protocolError,
  },
  {
    name: 'DATA on stream 0',
    rule: 'RFC 9113 section 6.1',
    send: () => [data(0, 'x')],
    expect: protocolError,
  },
  {
    name: 'DATA on a stream that was never opened',
    rule: 'RFC 9113 section 5.1',
    send: () => [data(1, 'x')],
    expect: protocolError,
  },
  {
    name: 'a reset of a stream that was never opened',
    rule: 'RFC 9113 section 6.4',
    send: () => [reset(1)],
    expect: protocolError,
  },
  {
    name: 'a reset of stream 0',
    rule: 'RFC 9113 section 6.4',
    send: () => [reset(0)],
    expect: protocolError,
  },
  {
    name: 'a stream that depends on itself',
    rule: 'RFC 7540 section 5.3.1',
    send: block => [
      frame(TYPE.headers, EH | ES | FLAG.priority, 1, Buffer.concat([Buffer.from([0, 0, 0, 1, 15]), block()])),
    ],
    expect: protocolError,
  },
  {
    name: 'CONTINUATION of nothing',
    rule: 'RFC 9113 section 6.10',
    send: block => [continuation(1, block(), EH)],
    expect: protocolError,
  },
  {
    name: 'a PING within a header block',
    rule: 'RFC 9113 section 6.10',
    send: block => [headers(1, block(), ES), ping()],
    expect: protocolError,
  },
  {
    name: 'CONTINUATION on another stream',
    rule: 'RFC 9113 section 6.10',
    send: block => [headers(1, block(), ES), continuation(3, block(), EH)],
    expect: protocolError,
  },
  {
    name: 'a promise of a client',
    rule: 'RFC 9113 section 8.4',
    send: block => [frame(TYPE.push, EH, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), block()]))],
    expect: protocolError,
  },

  // Frames.
  {
    name: 'padding that is longer than its frame',
    rule: 'RFC 9113 section 6.2',
    send: () => [frame(TYPE.headers, EH | ES | FLAG.padded, 1, Buffer.from([255, 0x82]))],
    expect: protocolError,
  },
  {
    name: 'a frame larger than was offered',
    rule: 'RFC 9113 section 4.2',
    send: () => [frame(TYPE.data, 0, 1, 'x'.repeat(16_385))],
    expect: { goaway: CODE.frameSize },
  },
  {
    name: 'a frame that says it is of 16 MiB',
    rule: 'RFC 9113 section 4.2',
    send: () => [frame(TYPE.headers, EH, 1, 'x', 2 ** 24 - 1)],
    expect: { goaway: CODE.frameSize },
  },
  {
    name: 'PRIORITY of three bytes',
    rule: 'RFC 9113 section 6.3',
    send: () => [frame(TYPE.priority, 0, 1, 'abc')],
    expect: { goaway: CODE.frameSize },
  },
  {
    name: 'RST_STREAM of three bytes',
    rule: 'RFC 9113 section 6.4',
    send: () => [frame(TYPE.reset, 0, 1, 'abc')],
    expect: { goaway: CODE.frameSize },
  },
  {
    name: 'PING of three bytes',
    rule: 'RFC 9113 section 6.7',
    send: () => [frame(TYPE.ping, 0, 0, 'abc')],
    expect: { goaway: CODE.frameSize },
  },
  {
    name: 'PING on a stream',
    rule: 'RFC 9113 section 6.7',
    send: () => [frame(TYPE.ping, 0, 1, '12345678')],
    expect: protocolError,
  },
  {
    name: 'WINDOW_UPDATE by nothing',
    rule: 'RFC 9113 section 6.9',
    send: () => [windowUpdate(0, 0)],
    expect: protocolError,
  },
  {
    name: 'a window beyond its limit',
    rule: 'RFC 9113 section 6.9.1',
    send: () => [windowUpdate(0, 2 ** 31 - 1)],
    expect: { goaway: CODE.flowControl },
  },
  {
    name: 'WINDOW_UPDATE of a stream that was never opened',
    rule: 'RFC 9113 section 5.1',
    send: () => [windowUpdate(1, 1)],
    expect: protocolError,
  },

  // Settings.
  {
    name: 'SETTINGS on a stream',
    rule: 'RFC 9113 section 6.5',
    send: () => [frame(TYPE.settings, 0, 1)],
    expect: protocolError,
  },
  {
    name: 'SETTINGS of three bytes',
    rule: 'RFC 9113 section 6.5',
    send: () => [frame(TYPE.settings, 0, 0, 'abc')],
    expect: { goaway: CODE.frameSize },
  },
  {
    name: 'an acknowledgement that says something',
    rule: 'RFC 9113 section 6.5',
    send: () => [frame(TYPE.settings, FLAG.ack, 0, 'abcdef')],
    expect: { goaway: CODE.frameSize },
  },
  {
    name: 'a push setting that is no truth value',
    rule: 'RFC 9113 section 6.5.2',
    send: () => [settings([SETTING.enablePush, 2])],
    expect: protocolError,
  },
  {
    name: 'a window setting beyond its limit',
    rule: 'RFC 9113 section 6.5.2',
    send: () => [settings([SETTING.windowSize, 2 ** 31])],
    expect: { goaway: CODE.flowControl },
  },
  {
    name: 'a frame size below its limit',
    rule: 'RFC 9113 section 6.5.2',
    send: () => [settings([SETTING.frameSize, 1])],
    expect: protocolError,
  },
  {
    name: 'more settings in a frame than there are',
    rule: 'RFC 9113 section 10.5',
    send: () => [settings(...Array.from({ length: 40 }, (_, i) => [0x100 + i, 1] as const))],
    expect: { goaway: CODE.calm },
  },
  {
    name: 'a request before any settings',
    rule: 'RFC 9113 section 3.4',
    send: () => [],
    begin: [PREFACE, frame(TYPE.headers, EH | ES, 1, hpack([[':method', 'GET']]))],
    expect: protocolError,
  },

  // Floods.
  {
    name: 'CONTINUATION without end',
    rule: 'CVE-2024-27983, CVE-2024-28182',
    send: block => [
      headers(1, block(), ES),
      ...Array.from({ length: 50 }, (_, i) => continuation(1, hpack([[`x-${i}`, 'y'.repeat(1_000)]]))),
    ],
    expect: { goaway: CODE.internal },
  },
  {
    name: 'empty CONTINUATION without end',
    rule: 'CVE-2019-9518',
    send: block => [headers(1, block(), ES), ...Array.from({ length: 50 }, () => continuation(1, Buffer.alloc(0)))],
    expect: { goaway: CODE.internal },
  },
  {
    name: 'SETTINGS without end',
    rule: 'CVE-2019-9515',
    send: () => Array.from({ length: 150 }, () => settings([SETTING.windowSize, 65_535])),
    expect: { goaway: CODE.calm },
  },
  {
    name: 'PING without end and without reading',
    rule: 'CVE-2019-9512',
    send: () => [Buffer.concat(Array.from({ length: 7_000 }, () => ping()))],
    expect: { goaway: CODE.internal },
  },
  {
    name: 'WINDOW_UPDATE by nothing on a stream, which makes us reset it',
    rule: 'CVE-2025-8671',
    send: () => [headers(1, hpack([[':method', 'POST']]), EH), windowUpdate(1, 0)],
    expect: protocolError,
  },
]

test('HTTP/2 frames that break the rules', async t => {
  const { key, cert } = makeCertificate('DNS:localhost,IP:127.0.0.1')
  const more = `http2: { cleartext: true, max_resets: ${MAX_RESETS} }`
  const scene = await openScene(t, {
    settings: places => http2Settings(places, more),
    files: { 'tls.crt': cert, 'tls.key': key },
  })
  const { gateway, upstream } = scene
  const bearer = ['authorization', `Bearer ${await scene.keys.sign()}`] as const
  const port = Number(new URL(gateway.url).port)

  const block = (changes: Pseudo = {}, extra: FieldList = []): Buffer => {
    const pseudo = { ':method': 'GET', ':scheme': 'http', ':authority': 'localhost', ':path': '/orders/v1/items' }
    const list: [string, string][] = []
    for (const [name, value] of Object.entries({ ...pseudo, ...changes })) {
      if (value !== undefined) list.push([name, value])
    }
    return hpack([...list, bearer, ...extra])
  }
  const open = (begin?: Case['begin']): Promise<H2Wire> => openH2Wire({ port, ...(begin !== undefined && { begin }) })
  const stillAnswers = async (): Promise<void> => {
    const wire = await open()
    wire.send(headers(1, block()))
    assert.equal(await wire.status(1), 200)
    wire.destroy()
  }
  await stillAnswers()

  for (const { name, rule, send, begin, expect } of CASES) {
    await t.test(`${name} (${rule})`, async () => {
      const before = upstream.requests.length
      const wire = await open(begin)
      wire.send(...send(block))
      if ('status' in expect) assert.equal(await wire.status(1), expect.status)
      else if ('reset' in expect) assert.equal(await wire.resetOf(1), expect.reset)
      else {
        assert.equal(await wire.refused(), expect.goaway)
        await wire.closed()
      }
      assert.equal(upstream.requests.length, before, 'the upstream saw nothing of it')
      // A stream that is refused harms no other.
      if (!('goaway' in expect)) {
        wire.send(headers(3, block()))
        assert.equal(await wire.status(3), 200)
      }
      wire.destroy()
      await stillAnswers()
    })
  }

  await t.test('a refused connection has its line in the access log', async () => {
    const from = gateway.log.length
    const wire = await open()
    wire.send(data(0, 'x'))
    await wire.closed()
    await until(() => gateway.log.slice(from).some(line => line['error.type'] === 'request.malformed'))
    const record = gateway.log.slice(from).find(line => line['error.type'] === 'request.malformed')
    assert.equal(record?.['network.protocol.version'], '2.0')
    assert.deepEqual(record?.['microgateway.facts'], { reason: 'http2_protocol' })
  })
  await t.test('requests that are broken off at once reach nobody (CVE-2023-44487 rapid reset)', async () => {
    const before = upstream.requests.length
    const wire = await open()
    const attack = Array.from({ length: 5 * MAX_RESETS }, (_, i) => [headers(2 * i + 1, block()), reset(2 * i + 1)])
    wire.send(...attack.flat())
    assert.notEqual(await wire.refused(), CODE.none)
    await wire.closed()
    assert.equal(upstream.requests.length, before)
    await stillAnswers()
  })
  await t.test('requests that are broken off one by one end the connection, too (CVE-2023-44487)', async () => {
    const wire = await open()
    let stream = 1
    for (; !wire.isClosed && stream < 4 * MAX_RESETS; stream += 2) {
      wire.send(headers(stream, block(post), EH))
      wire.send(reset(stream))
      wire.send(ping(String(stream).padStart(8, '0')))
      await wire
        .frame('a pong', one => one.type === TYPE.ping && one.payload.toString() === String(stream).padStart(8, '0'))
        .catch(() => undefined)
    }
    assert.equal(await wire.refused(), CODE.calm)
    await wire.closed()
    assert.ok(stream > 2 * MAX_RESETS, 'not before the limit')
    await stillAnswers()
  })
  await t.test('empty DATA without end ends the connection (CVE-2019-9518)', async () => {
    const wire = await open()
    wire.send(headers(1, block(post), EH), ...Array.from({ length: 300 }, () => data(1, '')))
    await wire.refused()
    await wire.closed()
    await stillAnswers()
  })
  await t.test('streams beyond the limit are refused, the others are served', async () => {
    const wire = await open()
    const streams = Array.from({ length: 130 }, (_, i) => 2 * i + 1)
    wire.send(...streams.map(stream => headers(stream, block(post), EH)))
    for (const stream of streams.slice(100)) assert.equal(await wire.resetOf(stream), CODE.refused)
    wire.send(data(1, 'done', true))
    assert.equal(await wire.status(1), 200)
    wire.destroy()
    await stillAnswers()
  })
  await t.test('PRIORITY and WINDOW_UPDATE without end cost nothing (CVE-2019-9513, CVE-2019-9511)', async () => {
    const wire = await open()
    wire.send(
      ...Array.from({ length: 3_000 }, (_, i) => priority(2 * i + 3, 0)),
      ...Array.from({ length: 3_000 }, () => windowUpdate(0, 1)),
      headers(9_001, block()),
    )
    assert.equal(await wire.status(9_001), 200)
    wire.destroy()
  })
  await t.test('frames of types that nobody knows are ignored (RFC 9113 section 5.5)', async () => {
    const wire = await open()
    wire.send(frame(0xee, 0xff, 7, 'anything'), headers(1, block()))
    assert.equal(await wire.status(1), 200)
    wire.destroy()
  })
  await t.test('a caller that says goodbye gets the answers that are owed (RFC 9113 section 6.8)', async () => {
    const wire = await open()
    wire.send(headers(1, block(post), EH), ping())
    await wire.frame('a pong', one => one.type === TYPE.ping)
    wire.send(goaway(0, CODE.none), data(1, 'done', true))
    assert.equal(await wire.status(1), 200)
    await wire.closed()
  })
  await t.test(
    'field values that would split a line in HTTP/1.1 never get there (RFC 9113 section 8.2.1)',
    async () => {
      for (const [name, value] of [
        ['x-split', 'a\r\nx-injected: 1'],
        ['x-nul', 'a\0b'],
        ['x-\r\nx-injected', '1'],
        ['x injected', '1'],
        ['', '1'],
      ] as const) {
        const wire = await open()
        wire.send(headers(1, block({}, [[name, value]])))
        await wire.status(1)
        wire.destroy()
      }
      assert.ok(!/injected|x-nul|x-split/.test(upstream.raw()))
    },
  )
})
