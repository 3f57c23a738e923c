import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

/** Pieces of chunked bodies that servers have read in different ways. */
export const CHUNK_PIECES: readonly string[] = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\r\n',
    '\n\r',
    '0\r\n\r\n',
    '0\r\n',
    '00\r\n\r\n',
    '-1\r\n',
    '+5\r\n',
    '0x5\r\n',
    ' 5\r\n',
    '5 \r\n',
  ],
  ...[
    '\t',
    ';',
    ';a',
    ';a=b',
    ';a="b"',
    ';a="\r\n"',
    ';a="',
    '; a=b',
    ';a =b',
    ';\n',
    ';\0',
    ';a=\x80',
    '5\r\nhello',
    '5\nhello\n',
  ],
  ...[
    'ffffffffffffffff\r\n',
    '10000000000000000\r\n',
    '7fffffffffffffff\r\n',
    'fffffffffffffff0\r\n',
    '1_0\r\n',
    'g\r\n',
    '５\r\n',
  ],
  ...[
    'X: y\r\n',
    'X: y\n',
    'X y\r\n',
    ' X: y\r\n',
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Host: other\r\n',
  ],
  ...[
    'X: a\0b\r\n',
    'X : y\r\n',
    ': y\r\n',
    'Authorization: Bearer x\r\n',
    'GET /orders/hidden HTTP/1.1\r\nHost: x\r\n\r\n',
    '\0',
    '"',
    '=',
  ],
]

const EXTENSIONS = ['', '', '', '', ';a', ';a=b', ';a="b c"', ';a="\\""', ';a;b=c', `;${'x'.repeat(40)}=1`]
const TRAILERS = ['', '', '', 'X: y\r\n', 'X-Long: a b c\r\nY:\r\n']
const CONTENT = 'abc019 \r\n;:GET/HTTP\0\xff'

/** Makes a chunked body that is right. */
export function generateSoundChunks(random: Random): string {
  let text = ''
  for (let left = random.below(4); left > 0; left--) {
    const content = random.text(CONTENT, 1 + random.below(random.chance(0.05) ? 3_000 : 20))
    text += `${sizeOf(content.length, random)}${random.pick(EXTENSIONS)}\r\n${content}\r\n`
  }
  return `${text}${random.chance(0.1) ? '000' : '0'}${random.pick(EXTENSIONS)}\r\n${random.pick(TRAILERS)}\r\n`
}

/** Makes a chunked body that is right in one case of five, and broken in a few places in the others. */
export function generateChunks(random: Random): string {
  const sound = generateSoundChunks(random)
  return random.chance(0.2) ? sound : mutate(sound, random, CHUNK_PIECES, 2)
}

function sizeOf(length: number, random: Random): string {
  const hex = length.toString(16)
  const spelled = random.chance(0.3) ? hex.toUpperCase() : hex
  return random.chance(0.1) ? `0${spelled}` : spelled
}
