/**
 * The differential behind quality.md, security 2: whatever way a server reads a target, no request comes under a protected prefix
 * without a token. Open and protected routes stand side by side; base path stripped or not, target with a path of its own or not.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRouteTable } from '../../src/routing/route-table.ts'
import { parseTarget } from '../../src/server/request-target.ts'
import { rewritePath } from '../../src/upstream/destinations.ts'
import { openGateway } from '../support/gateway.ts'
import { startKeyServer } from '../support/key-server.ts'
import { prefixOf, READINGS, removeDotSegments } from '../support/path-readings.ts'
import { openRawSocket, parseAnswers } from '../support/raw-socket.ts'
import { startRawUpstream } from '../support/upstream.ts'

/** An API, and what its upstream calls its two parts. */
interface Shop {
  readonly base: string
  readonly prefix: string
  readonly isStripped: boolean
}

const SHOPS: readonly Shop[] = [
  { base: '/plain', prefix: '', isStripped: false },
  { base: '/cut', prefix: '', isStripped: true },
  { base: '/cut2/deep', prefix: '/srv/v1', isStripped: true },
  { base: '/moved', prefix: '/srv', isStripped: false },
]
const OPEN = '/open'
const PROTECTED = '/admin'

const table = createRouteTable(
  SHOPS.map(shop => ({
    hosts: [],
    basePath: shop.base,
    routes: [
      { method: 'ANY', path: `${OPEN}/*`, value: { shop, isOpen: true } },
      { method: 'ANY', path: `${PROTECTED}/*`, value: { shop, isOpen: false } },
    ],
  })),
)

/** Where the upstream of a shop has a part. */
function placeOf({ base, prefix, isStripped }: Shop, part: string): string {
  return prefix + (isStripped ? '' : base) + part
}

const separator = fc.constantFrom(
  ...[
    '/',
    '/',
    '/',
    '//',
    '\\',
    '%2f',
    '%2F',
    '%5c',
    '%252f',
    '%c0%af',
    '%e0%80%af',
    '%u2215',
    '%u002f',
    '/./',
    '/;/',
    ';/',
    '%3b/',
    '/%00/',
  ],
)
const dots = fc.constantFrom(
  ...[
    '..',
    '.',
    '%2e%2e',
    '.%2E',
    '%252e%252e',
    '%c0%ae%c0%ae',
    '..;',
    '..;a=b',
    '..%00',
    '...',
    '. .',
    '..%20',
    '%u002e%u002e',
    '%%32%65%%32%65',
    '..\\',
    '.%09.',
  ],
)
const name = fc.constantFrom(
  ...[
    'admin',
    'open',
    'Admin',
    'ADMIN',
    '%61dmin',
    '%2561dmin',
    'adm%69n',
    'admin%20',
    'admin.',
    'admin%00',
    'admin;x',
    '%c1%a1dmin',
    'openadmin',
    'admin2',
    'x',
    '%e4%bd%a0',
    'a%3fb',
    'a%23b',
    '',
  ],
)
const tail = fc.constantFrom('', '', '', '?a', '?/../../admin', '#x', '#/../admin', '%3f', '%23', '%0d%0aX:y', ';', '/')
const step = fc.oneof({ weight: 3, arbitrary: name }, { weight: 2, arbitrary: dots })
const path = fc
  .tuple(
    fc.constantFrom(
      ...SHOPS.map(({ base }) => base),
      '/srv',
      '/srv/v1',
      '',
      '/.',
      '/plain/..',
      '/%70lain',
      '//host/plain',
      'http://host/plain',
    ),
    fc.constantFrom(OPEN, OPEN, PROTECTED, '', '/%6fpen'),
    fc.array(fc.tuple(separator, step), { maxLength: 6 }),
    tail,
  )
  .map(([base, part, steps, end]) => base + part + steps.flat().join('') + end)
/** As above, with a character put anywhere. */
const target = fc.oneof(
  { weight: 4, arbitrary: path },
  {
    weight: 1,
    arbitrary: fc
      .tuple(path, fc.nat(), fc.constantFrom(...'/.%\\;?#:@&=+~ \t\0\x7f\x80é'))
      .map(([text, at, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice(at % (text.length + 1))),
  },
)

interface Verdict {
  readonly shop: Shop
  readonly isOpen: boolean
  /** What the upstream would be asked. */
  readonly forwarded: string
}

/** What the gateway's own functions make of a target; undefined where it is refused or nobody's. */
function judge(text: string): Verdict | undefined {
  const read = parseTarget('GET', text)
  if (!read.ok) return undefined
  const match = table.match('GET', 'host', read.value.path)
  if (match.kind !== 'found') return undefined
  const { shop, isOpen } = match.value
  const forwarded = rewritePath(read.value.path, shop.prefix, shop.isStripped ? shop.base.length : 0) + read.value.query
  return { shop, isOpen, forwarded }
}

/** One in twenty of those that are refused, and all others. */
function isWorthACall(text: string, i: number): boolean {
  return i % 20 === 0 || judge(text) !== undefined
}

/** Fails where any reading of what is forwarded leaves the part that the verdict was about. */
function assertOneReading(asked: string, { shop, isOpen, forwarded }: Verdict): void {
  const place = placeOf(shop, isOpen ? OPEN : PROTECTED)
  for (const { name: reading, read } of READINGS)
    assert.equal(
      prefixOf(read(forwarded), [place]),
      place,
      `${asked} goes out as ${forwarded}; ${reading}: ${read(forwarded)}`,
    )
}

test('the step-by-step algorithm of RFC 3986 is the one of its examples', () => {
  assert.equal(removeDotSegments('/a/b/c/./../../g'), '/a/g')
  assert.equal(removeDotSegments('mid/content=5/../6'), 'mid/6')
  assert.equal(removeDotSegments('/../a/..'), '/')
})

test('what passes has one reading: all of them lie in the part whose rules it passed', () => {
  let passed = 0
  fc.assert(
    fc.property(target, text => {
      const verdict = judge(text)
      if (verdict === undefined) return
      passed += 1
      assertOneReading(text, verdict)
    }),
    { numRuns: 20_000, seed: 3 },
  )
  assert.ok(passed > 500, `only ${passed} targets passed`)
})

test('what any reading puts under a protected prefix is never open', () => {
  const places = SHOPS.flatMap(shop => [shop.base + PROTECTED, placeOf(shop, PROTECTED)])
  let suspicious = 0
  fc.assert(
    fc.property(target, text => {
      const reading = READINGS.find(({ read }) => prefixOf(read(text), places) !== undefined)
      if (reading === undefined) return
      suspicious += 1
      const verdict = judge(text)
      assert.ok(verdict === undefined || !verdict.isOpen, `${text} is open; ${reading.name}: ${reading.read(text)}`)
    }),
    { numRuns: 10_000, seed: 4 },
  )
  assert.ok(suspicious > 500, `only ${suspicious} targets were under a protected prefix`)
})

test('over a socket too: without a token nothing that any reading puts under a protected prefix reaches the upstream', async t => {
  const upstream = await startRawUpstream(socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  t.after(() => upstream.close())
  const keys = await startKeyServer()
  t.after(() => keys.close())
  const { url } = await openGateway(t, { settings: writeSettings(upstream.origin, keys.issuer, keys.jwksUri) })
  const port = Number(new URL(url).port)
  const token = await keys.sign()
  const ask = async (text: string, lines: string): Promise<readonly string[]> => {
    const before = upstream.requests.length
    const socket = await openRawSocket({ port })
    socket.send(
      Buffer.from(`GET ${text} HTTP/1.1\r\nHost: host\r\n${lines}Connection: close\r\n\r\n`).toString('latin1'),
    )
    const answers = parseAnswers(await socket.closed())
    socket.destroy()
    const seen = upstream.requests.slice(before).map(request => request.url)
    assert.ok(seen.length <= 1, `${text} came upstream ${seen.length} times`)
    assert.equal(answers[0]?.status === 200, seen.length === 1, `${text}: ${answers[0]?.status}`)
    return seen
  }
  const places = SHOPS.map(shop => placeOf(shop, PROTECTED))
  let passed = 0
  for (const text of fc.sample(target, { numRuns: 1_500, seed: 5 }).filter(isWorthACall)) {
    const expected = judge(text)
    const [bare] = await ask(text, '')
    if (bare !== undefined) {
      passed += 1
      for (const { name: reading, read } of READINGS)
        assert.equal(prefixOf(read(bare), places), undefined, `${text} came as ${bare}; ${reading}: ${read(bare)}`)
    }
    assert.equal(bare, expected?.isOpen === true ? expected.forwarded : undefined, `${text} without a token`)
    const [known] = await ask(text, `Authorization: Bearer ${token}\r\n`)
    assert.equal(known, expected?.forwarded, `${text} with a token`)
  }
  assert.ok(passed > 10, `only ${passed} targets passed`)
})

function writeSettings(upstream: string, issuer: string, jwksUri: string): string {
  const apis = SHOPS.map(
    ({ base, prefix, isStripped }, i) => `
  - name: shop${i}
    base_path: "${base}"
    upstream: { targets: [ "${upstream}${prefix}" ], strip_base_path: ${isStripped} }
    policies: [ jwt: idp ]
    routes:
      - { match: "ANY ${OPEN}/*", open: true }
      - { match: "ANY ${PROTECTED}/*" }`,
  )
  return `
logging: { access_log: off }
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:${apis.join('')}
`
}
