/** Answers of an upstream from a grammar: right ones, right ones with something behind them, and broken ones. */
import { CHUNK_PIECES, generateSoundChunks } from './generate-chunks.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'
import { readChunked } from './strict-chunks.ts'

export interface GeneratedAnswer {
  /** One character, one byte. */
  readonly bytes: string
  /** What the upstream does with the connection when they are sent. */
  readonly ending: 'keep' | 'end' | 'reset'
  /** What the caller must get, where the answer is right; undefined where a 502 or a cut is as good. */
  readonly expected: { readonly status: number; readonly body: string } | undefined
}

/** In whatever comes behind an answer; no other caller may ever read it. */
export const STRAY = 'STRAY'

const STRAY_BYTES: readonly string[] = [
  `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${STRAY}`,
  `HTTP/1.1 404 ${STRAY}\r\nContent-Length: 0\r\n\r\n`,
  `HTTP/1.1 200 OK\r\nX: ${STRAY}\r\n\r\n`,
  STRAY,
  `\r\n${STRAY}`,
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${STRAY}\r\n0\r\n\r\n`,
]
const STATUSES = [200, 200, 200, 201, 206, 301, 304, 400, 401, 404, 418, 500, 503, 599, 204, 299]
const REASONS = [' OK', ' ', ' Not "what" it seems', ` ${'x'.repeat(100)}`, ' \xe4']
const LINES: readonly string[] = [
  ...[
    'Content-Type: text/plain',
    'X-A: 1',
    'X-B:',
    'Set-Cookie: a=b',
    'Set-Cookie: c=d',
    'ETag: "a"',
    'Vary: *',
    'Server: x',
    'Date: Thu, 01 Jan 1970 00:00:00 GMT',
  ],
  ...[
    'Connection: keep-alive',
    'Connection: x-a',
    'Keep-Alive: timeout=5',
    'WWW-Authenticate: Basic realm="x"',
    'Location: http://other/',
    'X-Obs: \x80\xff',
    'Trailer: X',
    'Alt-Svc: h2=":1"',
  ],
]
const PIECES: readonly string[] = [
  ...[
    'Content-Length: 5\r\n',
    'Content-Length: 5, 5\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 99999999999999999999\r\n',
    'Content-Length: 1_0\r\n',
    'Content-Length : 5\r\n',
    'Content-Length:\r\n',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: gzip, chunked\r\n',
    'Transfer-Encoding: identity\r\n',
    'Transfer-Encoding: xchunked\r\n',
    'Transfer-Encoding:\r\n chunked\r\n',
  ],
  ...[
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n',
    'HTTP/1.0 ',
    'HTTP/2.0 ',
    'ICY 200 OK\r\n',
  ],
  ...[
    'HTTP/1.1 099 x\r\n\r\n',
    'HTTP/1.1 1000 x\r\n',
    'HTTP/1.1 2e2 OK\r\n',
    'HTTP/1.1 -200 OK\r\n',
    'http/1.1 200 OK\r\n',
    'HTTP/1.1200 OK\r\n',
    ' folded\r\n',
    'X y: z\r\n',
    ': x\r\n',
    'X: a\0b\r\n',
    'X: a\rb\r\n',
    'X: a\nb\r\n',
  ],
  ...[
    'Upgrade: h2c\r\n',
    'Connection: close\r\n',
    'Connection: content-length\r\n',
    `X-Long: ${'x'.repeat(70_000)}\r\n`,
    'A: b\r\n'.repeat(300),
    'Content-Encoding: gzip\r\n',
    '\x16\x03\x03',
    'X-Request-Id: x\r\n',
  ],
  ...CHUNK_PIECES,
]

/** Makes an answer to a GET, or to a HEAD: that has no body, whatever its fields say. */
export function generateAnswer(random: Random, method: 'GET' | 'HEAD'): GeneratedAnswer {
  const sound = generateSoundAnswer(random, method)
  const kind = random.below(10)
  if (kind < 3) return sound
  if (kind < 5) {
    // Behind the end of an answer that ends with its connection, everything is its body.
    const isLast = sound.ending === 'end'
    return isLast
      ? sound
      : { ...sound, bytes: sound.bytes + random.pick(STRAY_BYTES), ending: random.pick(['keep', 'end']) }
  }
  const bytes = kind === 9 ? random.octets(random.below(60)) : mutate(sound.bytes, random, PIECES, 3)
  return { bytes, ending: random.chance(0.8) ? 'end' : 'reset', expected: undefined }
}

function generateSoundAnswer(random: Random, method: 'GET' | 'HEAD'): GeneratedAnswer {
  const status = random.pick(STATUSES)
  const lines: string[] = []
  for (let left = random.below(5); left > 0; left--) lines.push(random.pick(LINES))
  const isBodiless = method === 'HEAD' || status === 204 || status === 304
  const { framing, bytes, body, ends } = generateBody(random, isBodiless)
  if (framing !== '' && !(status === 204)) lines.splice(random.below(lines.length + 1), 0, framing)
  let interim = ''
  for (let left = random.chance(0.1) ? random.below(18) : 0; left > 0; left--)
    interim += 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'
  const head = `HTTP/1.1 ${status}${random.pick(REASONS)}\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`
  return {
    bytes: interim + head + bytes,
    ending: ends ? 'end' : 'keep',
    expected: interim.length > 600 ? undefined : { status, body },
  }
}

function generateBody(
  random: Random,
  isBodiless: boolean,
): { readonly framing: string; readonly bytes: string; readonly body: string; readonly ends: boolean } {
  if (isBodiless) return { framing: random.pick(['', 'Content-Length: 7']), bytes: '', body: '', ends: false }
  const kind = random.below(5)
  if (kind < 2) {
    const bytes = generateSoundChunks(random)
    const read = readChunked(bytes, 0)
    return {
      framing: 'Transfer-Encoding: chunked',
      bytes,
      body: read.kind === 'whole' ? read.content : '',
      ends: false,
    }
  }
  const body = random.octets(random.below(random.chance(0.05) ? 20_000 : 60))
  return kind < 4
    ? { framing: `Content-Length: ${body.length}`, bytes: body, body, ends: false }
    : { framing: 'Connection: close', bytes: body, body, ends: true }
}
