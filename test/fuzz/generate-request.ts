/** Requests from a grammar of what servers have been broken with, as Latin-1, and what must come of each. */
import { CHUNK_PIECES, generateChunks, generateSoundChunks } from './generate-chunks.ts'
import { generateRefusedTarget, generateSoundTarget, generateWildTarget } from './generate-target.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

/** What requests are made with: the gateway has `/orders`, which needs the token, and `/open`, which needs none. */
export interface RequestMaterial {
  readonly token: string
  /** Makes a token that must be refused; without it, a few fixed ones are used. */
  readonly badToken?: (random: Random) => string
}

export interface GeneratedRequest {
  /** One character, one byte. */
  readonly bytes: string
  /** `pass`: the upstream's 200. `refuse`: an answer of 4xx or 5xx, and nothing upstream. `any`: whatever the rules say. */
  readonly expectation: 'pass' | 'refuse' | 'any'
  /** The connection goes on behind its answer: another request may follow in the same packet, and is answered by itself. */
  readonly inStep: boolean
  /** As the gateway reads it, where the request is one; its answer has no body for HEAD. */
  readonly method: string
}

const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']
const WILD_METHODS: readonly string[] = [
  ...[
    'TRACE',
    'CONNECT',
    'PRI',
    'get',
    'M-SEARCH',
    '',
    ' GET',
    'GET ',
    'GETT',
    'G\tET',
    'DESCRIBE',
    'QUERY',
    'PROPFIND',
    'X'.repeat(300),
    'GET\0',
  ],
]
const WILD_VERSIONS: readonly string[] = [
  ...[
    'HTTP/1.0',
    'HTTP/0.9',
    'HTTP/2.0',
    'HTTP/1.2',
    'HTTP/1.11',
    'http/1.1',
    'HTTP/1,1',
    'HTTP/11',
    'HTTPS/1.1',
    '',
    'HTTP/1.1 ',
    'HTTP/01.1',
    'HTTP/1.1\t',
    'RTSP/1.0',
  ],
]
const HOSTS = ['api', 'api:8080', 'API', 'api.', '[::1]:80', '127.0.0.1']
const WILD_HOSTS = [
  '',
  'a b',
  'a/b',
  'u@api',
  'api:',
  'api:99999',
  'api,other',
  'api\tother',
  '[::1',
  'a\x80b',
  'api:80:80',
  '%61pi',
  'a'.repeat(300),
]

/** Lines that change nothing for a gateway that reads them rightly. */
const SOUND_LINES: readonly string[] = [
  ...[
    'Accept: */*',
    'X-A: 1',
    'X-A:',
    'X-B: a, b',
    'X-C:  padded \t',
    "X!#$%&'*+.^_`|~-: odd",
    'Cookie: a=b; c=d',
    'X-Obs: \x80\xff',
    'TE: trailers',
  ],
  ...[
    'Connection: keep-alive',
    'Connection: x-a',
    'Proxy-Connection: keep-alive',
    'Keep-Alive: timeout=5',
    'X-Forwarded-For: 1.2.3.4',
    'Forwarded: for=1.2.3.4',
  ],
  ...[
    'X-JWT-Assertion: a.b.c',
    'x_jwt_assertion: a.b.c',

    'Range: bytes=0-',
    'If-None-Match: "a"',
    'Trailer: X',
    'Proxy-Authorization: Basic eDp5',
  ],
]
/** Lines with which a request is refused, and the connection stays in step: where it ends is in no doubt. */
const REFUSED_LINES: readonly string[] = [
  ...['Host: api', 'Host: other', 'Authorization: Bearer a.b.c', 'Expect: 200-maybe', 'Authorization: Basic eDp5'],
]
/** Lines that may end in anything but a request that is not what it seems. */
const WILD_LINES: readonly string[] = [
  ...[
    'Content-Length: 5',
    'Content-Length: 5, 5',
    'Content-Length: +5',
    'Content-Length: 0x5',
    'Content-Length: 5_0',
    'Content-Length: -1',
    'Content-Length:',
    'Content-Length: 99999999999999999999',
  ],
  ...[
    'Content-Length: 0',
    'Content-Length: 00',
    'Content-Length : 5',
    'Content_Length: 5',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: xchunked',
  ],
  ...[
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding:\r\n chunked',
  ],
  ...[
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer_Encoding: chunked',
    'TRANSFER-ENCODING: CHUNKED',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: chunked;a=b',
  ],
  ...[
    'X: a\nTransfer-Encoding: chunked',
    'X: a\rY: b',
    'X: a\0b',
    ' folded',
    '\tfolded',
    'X',
    ': no name',
    'X y: z',
    'X\x80: y',
    '',
    'X: a\r\n\r\nGET /orders/hidden HTTP/1.1\r\nHost: api',
  ],
  ...[
    'Connection: close, authorization',
    'Connection: Upgrade\r\nUpgrade: websocket',
    'Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA',
    'Upgrade: websocket',
    'Connection: host, content-length',
  ],
  ...[
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Expect: 100-continue',
    'Expect: 100-continue, x',
    'Max-Forwards: 0',
    'Max-Forwards: 0\r\nMax-Forwards: 1',
    'Expect:',
  ],
  ...[
    'X-Forwarded-For: "',
    'Forwarded: for="',
    'X-Forwarded-Host: a\x7fb',
    `X-Long: ${'x'.repeat(9_000)}`,
    'A: b\r\n'.repeat(120).trimEnd(),
    'Host: api\r\nHost: api',
    'Authorization: Bearer',
  ],
]
const BAD_TOKENS = ['a.b.c', 'e30.e30.', 'x', 'a.b', '..', 'e30.e30.e30', '"a.b.c"', 'a.b.c,d.e.f', 'a.b.c d.e.f']
/** What may land anywhere in a request. */
const PIECES: readonly string[] = [
  ...WILD_LINES.map(line => `${line}\r\n`),
  ...CHUNK_PIECES,
  ...[
    ' ',
    '%00',
    '../',
    '//',
    'HTTP/1.0',
    'HTTP/2.0',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01',
    'GET /orders/hidden HTTP/1.1\r\n\r\n',
    '\r\n\r\n\r\n',
  ],
]

/** Makes a request. */
export function generateRequest(random: Random, material: RequestMaterial): GeneratedRequest {
  const kind = random.next() / 4_294_967_296
  if (kind < 0.12) return generateSoundRequest(random, material)
  if (kind < 0.45) return generateRefusedRequest(random, material)
  if (kind < 0.7) return generateWildRequest(random, material)
  const { bytes } = random.chance(0.7) ? generateSoundRequest(random, material) : generateWildRequest(random, material)
  return wild(mutate(bytes, random, PIECES))
}

/** Makes a request that must pass. */
export function generateSoundRequest(random: Random, { token }: RequestMaterial): GeneratedRequest {
  const isOpen = random.chance(0.2)
  const method = random.pick(METHODS)
  const lines = pickLines(random, SOUND_LINES)
  if (!isOpen) lines.push(`${random.pick(['Authorization', 'authorization', 'AUTHORIZATION'])}: Bearer ${token}`)
  const body = method === 'GET' || method === 'HEAD' ? '' : addSoundBody(random, lines)
  const target = generateSoundTarget(random, isOpen ? '/open' : '/orders')
  const head = `${method} ${target} HTTP/1.1\r\n${joinLines(random, [`Host: ${random.pick(HOSTS)}`, ...lines])}\r\n`
  return { bytes: head + body, expectation: 'pass', inStep: true, method }
}

/** Makes a request whole in its framing that must be refused; the connection goes on behind it. */
export function generateRefusedRequest(random: Random, material: RequestMaterial): GeneratedRequest {
  const { token } = material
  const method = random.pick(METHODS)
  const lines = pickLines(random, SOUND_LINES)
  let target = generateSoundTarget(random, '/orders')
  const how = random.below(4)
  if (how === 0) target = generateRefusedTarget(random, random.pick(['/orders', '/open']))
  if (how === 1) lines.push(random.pick(REFUSED_LINES))
  if (how === 3) lines.push(`Authorization: Bearer ${badToken(random, material)}`)
  else if (how !== 2) lines.push(`Authorization: Bearer ${token}`)
  const head = `${method} ${target} HTTP/1.1\r\n${joinLines(random, ['Host: api', ...lines])}\r\n`
  return { bytes: head, expectation: 'refuse', inStep: how > 1, method }
}

/** Puts anything anywhere that a request has a place for. */
export function generateWildRequest(random: Random, material: RequestMaterial): GeneratedRequest {
  const method = random.chance(0.2) ? random.pick(WILD_METHODS) : random.pick(METHODS)
  const base = random.pick(['/orders', '/orders', '/open'])
  const target = random.chance(0.5) ? generateWildTarget(random, base) : generateSoundTarget(random, base)
  const version = random.chance(0.2) ? random.pick(WILD_VERSIONS) : 'HTTP/1.1'
  const lines = pickLines(random, SOUND_LINES)
  if (!random.chance(0.05)) lines.unshift(`Host: ${random.chance(0.1) ? random.pick(WILD_HOSTS) : random.pick(HOSTS)}`)
  if (random.chance(0.7)) lines.push(`Authorization: Bearer ${material.token}`)
  else if (random.chance(0.3)) lines.push(`Authorization: Bearer ${badToken(random, material)}`)
  const body = random.chance(0.4) ? addWildBody(random, lines) : ''
  if (random.chance(0.6)) lines.splice(random.below(lines.length + 1), 0, random.pick(WILD_LINES))
  const end = random.chance(0.06) ? random.pick(['\n', '\r', '\n\r', '\r\r\n', '']) : '\r\n'
  return wild(`${method} ${target} ${version}${end}${lines.map(line => `${line}${end}`).join('')}${end}${body}`)
}

function wild(bytes: string): GeneratedRequest {
  return { bytes, expectation: 'any', inStep: false, method: /^[\r\n]*HEAD /.test(bytes) ? 'HEAD' : 'GET' }
}

function badToken(random: Random, { badToken: generate }: RequestMaterial): string {
  return generate?.(random) ?? random.pick(BAD_TOKENS)
}

function pickLines(random: Random, choices: readonly string[]): string[] {
  const lines: string[] = []
  for (let left = random.below(4); left > 0; left--) lines.push(random.pick(choices))
  return lines
}

function joinLines(random: Random, lines: string[]): string {
  if (random.chance(0.3)) lines.reverse()
  let text = ''
  for (const line of lines) text += `${line}\r\n`
  return text
}

function addSoundBody(random: Random, lines: string[]): string {
  if (random.chance(0.4)) return ''
  if (random.chance(0.5)) {
    lines.push('Transfer-Encoding: chunked')
    return generateSoundChunks(random)
  }
  const body = random.octets(random.below(40))
  lines.push(`Content-Length: ${body.length}`)
  return body
}

function addWildBody(random: Random, lines: string[]): string {
  if (random.chance(0.6)) {
    lines.push('Transfer-Encoding: chunked')
    return generateChunks(random)
  }
  const body = random.octets(random.below(40))
  lines.push(`Content-Length: ${Math.max(0, body.length + random.pick([0, 0, 0, 1, -1, 5]))}`)
  return body
}
