/**
 * Chunked bodies (H1-13, PX-15; threats 1.2): sizes, extensions, line ends, trailers. The head was right, so the upstream may see
 * that a request began; it never sees its end, and nothing behind it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GOOD,
  type Hostile,
  type HostileRow,
  MAX_BODY_BYTES,
  openHostile,
  pass,
  post,
  testRows,
  valuesOf,
} from '../support/hostile-rows.ts'
import { parseAnswers } from '../support/raw-socket.ts'
import { until } from '../support/upstream.ts'

const body = (bytes: string): string => post('Transfer-Encoding: chunked\r\n', bytes)
const good = (name: string, bytes: string, read: string): HostileRow =>
  pass(name, body(bytes), 'POST /orders/a', seen => {
    assert.equal(seen.body.toString('latin1'), read)
    assert.deepEqual(valuesOf(seen, 'transfer-encoding'), read === '' ? [] : ['chunked'])
    assert.deepEqual(valuesOf(seen, 'trailer'), [])
  })

testRows('a chunked body', [
  good('H1-13, of one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello'),
  good('of several chunks', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', 'hello'),
  good('of nothing', '0\r\n\r\n', ''),
  good('with a size in capitals', `A\r\n0123456789\r\n0\r\n\r\n`, '0123456789'),
  good('with a size in small letters', `a\r\n0123456789\r\n0\r\n\r\n`, '0123456789'),
  good('with zeros before a size', '0005\r\nhello\r\n0\r\n\r\n', 'hello'),
  good('that ends in several zeros', '5\r\nhello\r\n000\r\n\r\n', 'hello'),
  good('CVE-2021-22960, with an extension', '5;a=b\r\nhello\r\n0\r\n\r\n', 'hello'),
  good('with an extension without a value', '5;a\r\nhello\r\n0;b\r\n\r\n', 'hello'),
  good('with an extension in quotes', '5;a="b c"\r\nhello\r\n0\r\n\r\n', 'hello'),
  good('with several extensions', '5;a=b;c=d;e\r\nhello\r\n0\r\n\r\n', 'hello'),
  good('with an extension that looks like a size', '5;3\r\nhello\r\n0\r\n\r\n', 'hello'),
  good(
    'CVE-2023-39326 (Go), with an extension at every byte',
    `${`1;${'x'.repeat(500)}\r\na\r\n`.repeat(60)}0\r\n\r\n`,
    'a'.repeat(60),
  ),
  good('PX-15, with a trailer, which is dropped', '5\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n', 'hello'),
  good('PX-15, with a trailer named Authorization', '5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\n\r\n', 'hello'),
  good('PX-15, with a trailer named Host', '5\r\nhello\r\n0\r\nHost: other.test\r\n\r\n', 'hello'),
  good('PX-15, with a trailer named as an identity field', '5\r\nhello\r\n0\r\nX-Application-Id: x\r\n\r\n', 'hello'),
  good('with line ends in its data', '6\r\n\r\n0\r\n\r\r\n0\r\n\r\n', '\r\n0\r\n\r'),
  good('with a whole body in its data', '7\r\n0\r\n\r\nGE\r\n0\r\n\r\n', '0\r\n\r\nGE'),
])

/** What breaks a body: sent in one piece with its head, and then behind it. */
const BROKEN: readonly (readonly [string, string])[] = [
  ['H1-13, a size that overflows 64 bits', 'fffffffffffffffff\r\na\r\n'],
  ['H1-13, a size that wraps to five', '10000000000000005\r\nhello\r\n'],
  ['a size of 64 bits', `ffffffffffffffff\r\n${'x'.repeat(MAX_BODY_BYTES + 1)}`],
  ['a negative size', '-1\r\na\r\n'],
  ['a signed size', '+5\r\nhello\r\n'],
  ['a size with a prefix', '0x5\r\nhello\r\n'],
  ['a size that is none', 'ZZ\r\nhello\r\n'],
  ['a size with a letter behind it', '5x\r\nhello\r\n'],
  ['an empty size', '\r\nhello\r\n'],
  ['an extension without a size', ';a=b\r\nhello\r\n'],
  ['a space before a size', ' 5\r\nhello\r\n'],
  ['a tab behind a size', '5\t\r\nhello\r\n'],
  ['a NUL behind a size', '5\0\r\nhello\r\n'],
  ['a comma in a size', '5,5\r\nhello\r\n'],
  ['a point in a size', '5.0\r\nhello\r\n'],
  ['an underscore in a size', '0_5\r\nhello\r\n'],
  ['a size in quotes', '"5"\r\nhello\r\n'],
  ['a size with a high byte', '5\xa0\r\nhello\r\n'],
  ['a line feed alone behind a size', '5\nhello\r\n0\r\n\r\n'],
  ['a carriage return alone behind a size', '5\rhello\r\n0\r\n\r\n'],
  ['CVE-2025-55315 (Kestrel), a line feed in an extension', '5;a\nb\r\nhello\r\n0\r\n\r\n'],
  ['CVE-2025-55315, a carriage return in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
  ['a NUL in an extension', '5;a\0\r\nhello\r\n0\r\n\r\n'],
  ['an extension whose quotes do not end', '5;a="b\r\nhello\r\n0\r\n\r\n'],
  ['a chunk longer than its size', '3\r\nhello\r\n0\r\n\r\n'],
  ['a chunk that ends in a line feed alone', '5\r\nhello\n0\r\n\r\n'],
  ['a chunk that ends in a carriage return alone', '5\r\nhello\r0\r\n\r\n'],
  ['a chunk that ends in nothing', '5\r\nhello0\r\n\r\n'],
  ['a chunk that ends in two line ends', '5\r\nhello\r\n\r\n0\r\n\r\n'],
  ['a last chunk that ends in a line feed', '5\r\nhello\r\n0\n\n'],
  ['a last chunk that ends in carriage returns', '5\r\nhello\r\n0\r\r'],
  ['a trailer with a space before its colon', '5\r\nhello\r\n0\r\nX : y\r\n\r\n'],
  ['a trailer without a colon', '5\r\nhello\r\n0\r\nX\r\n\r\n'],
  ['a folded trailer', '5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n'],
  ['a trailer with a NUL', '5\r\nhello\r\n0\r\nX: y\0\r\n\r\n'],
  ['a trailer with a bare carriage return', '5\r\nhello\r\n0\r\nX: y\rZ: a\r\n\r\n'],
  ['CVE-2024-22019, an endless extension', `5;${'x'.repeat(40_000)}\r\nhello\r\n`],
  ['a trailer that never ends', `5\r\nhello\r\n0\r\nX: ${'y'.repeat(40_000)}`],
  ['trailers without end', `5\r\nhello\r\n0\r\n${'X: y\r\n'.repeat(5_000)}`],
  [
    'more bytes than a body may have',
    `${'4000\r\n'}${'x'.repeat(0x4000)}\r\n`.repeat(Math.ceil(MAX_BODY_BYTES / 0x4000) + 1),
  ],
]

test('a broken body', { concurrency: true }, async t => {
  const hostile = await openHostile(t)
  const rows = BROKEN.flatMap(([name, bytes], i) => [
    t.test(`with ${name} is refused or cut, and nothing behind it is a request`, () =>
      judgeBroken(hostile, `/orders/${i}/whole`, head => [head + bytes + hostile.fill(GOOD)]),
    ),
    t.test(`with ${name}, after its head has gone upstream`, () =>
      judgeBroken(hostile, `/orders/${i}/parts`, head => [`${head}1\r\na\r\n`, bytes + hostile.fill(GOOD)]),
    ),
  ])
  await Promise.all(rows)
  const { requests } = hostile.scene.upstream
  assert.ok(requests.length >= BROKEN.length)
  assert.ok(
    requests.every(({ ended }) => !ended),
    'no broken body was forwarded as a whole one',
  )
})

async function judgeBroken(
  { open, fill, scene }: Hostile,
  path: string,
  split: (head: string) => readonly string[],
): Promise<void> {
  const socket = await open()
  const [first = '', second] = split(fill(body('').replace('/orders/a', path)))
  const seen = (): number => scene.upstream.requests.filter(({ url }) => url === path).length
  socket.send(first)
  if (second !== undefined) {
    await until(() => seen() > 0, 'the head upstream')
    socket.send(second)
  }
  const answers = parseAnswers(await socket.closed())
  assert.ok(answers.length <= 1, 'nothing is answered behind it')
  for (const { status } of answers) assert.ok(status === 400 || status === 413 || status === 431, String(status))
  assert.ok(seen() <= 1)
  assert.ok(scene.upstream.requests.every(({ url }) => url !== '/orders/good'))
}
