/** Broken requests and tokens by the thousand: made from good ones by a seeded generator, so that a failure can be had again. */

/** Numbers in [0, 1), always the same ones for a seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Pieces that have sunk servers: each may land anywhere in a request. */
const PIECES = [
  ...['\r\n', '\n', '\r', '\r\n\r\n', '\0', ' ', '\t', ':', ';', ',', '"', '\\', '%', '%00', '%2e%2e%2f', '../', '//'],
  ...['Host: other\r\n', 'Content-Length: 5\r\n', 'Content-Length: +5\r\n', 'Transfer-Encoding: chunked\r\n'],
  ...[
    'Transfer-Encoding: xchunked\r\n',
    ' folded\r\n',
    'Connection: close, authorization\r\n',
    'Upgrade: websocket\r\n',
  ],
  ...[
    'Authorization: Bearer\r\n',
    'Authorization: Bearer a.b.c\r\n',
    'X_Forwarded_For: 1\r\n',
    'Expect: 100-continue\r\n',
  ],
  ...['HTTP/1.0', 'HTTP/2.0', '0\r\n\r\n', 'ffffffffffffffff\r\n', '\x80\xff', 'x'.repeat(20_000)],
]

/** Characters that end up in a token. Spaces are none of them: around a field value they mean nothing. */
const TOKEN_CHARACTERS = 'ABCabc019-_.=+/~"\\,;\x80\xff'

/** Longer than any token may be, and short enough for a head. */
const LONGEST_TOKEN = 12_000

/** Breaks a request in one to four places. */
export function breakRequest(request: string, random: () => number): string {
  let text = request
  for (let left = 1 + Math.floor(random() * 4); left > 0; left--) {
    const at = Math.floor(random() * text.length)
    const to = Math.min(text.length, at + Math.floor(random() * 20))
    const kind = random()
    if (kind < 0.25) text = text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1)
    else if (kind < 0.4) text = text.slice(0, at) + text.slice(to)
    else if (kind < 0.5) text = text.slice(0, to) + text.slice(at)
    else if (kind < 0.6) text = text.slice(0, at)
    else text = text.slice(0, at) + pick(PIECES, random) + text.slice(at)
  }
  return text
}

/** Breaks a token in one to three places; what comes out is never the token that went in. */
export function breakToken(token: string, random: () => number): string {
  let text = token
  for (let left = 1 + Math.floor(random() * 3); left > 0 || text === token; left--) {
    const at = Math.floor(random() * text.length)
    const kind = random()
    if (kind < 0.5) text = text.slice(0, at) + pick([...TOKEN_CHARACTERS], random) + text.slice(at + 1)
    else if (kind < 0.7) text = text.slice(0, at) + pick([...TOKEN_CHARACTERS], random) + text.slice(at)
    else if (kind < 0.85) text = text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 9))
    else if (kind < 0.95) text = text.slice(0, 1 + Math.floor(random() * text.length))
    else text = text.slice(0, at) + text.slice(at).repeat(2 + Math.floor(random() * 20))
  }
  return text.slice(0, LONGEST_TOKEN)
}

function pick<T>(choices: readonly T[], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] as T
}
