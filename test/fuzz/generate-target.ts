import type { Random } from './random.ts'

/** Paths that one server reads in one way and the next in another, or that are no paths at all: none may ever pass. */
const REFUSED_TAILS: readonly string[] = [
  ...[
    '/..',
    '/../admin',
    '/.',
    '/./a',
    '//',
    '//a',
    '/%2e%2e/admin',
    '/.%2E/a',
    '/%2e',
    '/a%2fb',
    '/%5c..',
    '/..%5cadmin',
    '/a\\b',
  ],
  ...[
    ';a=b',
    '/;',
    '/..;/a',
    '/%3b',
    '/%00',
    '/a%00.txt',
    '/%0d%0aX:y',
    '/%7f',
    '/%',
    '/%4',
    '/%zz',
    '/%u002e',
    '/%252e%252e/a',
  ],
  ...[
    '/%252F',
    '/%25%32%66',
    '/%c0%ae',
    '/%c0%af',
    '/%e0%80%af',
    '/%ff',
    '/%ed%a0%80',
    '#x',
    '/a#',
    '/<a>',
    '/"',
    '/{a}',
    '/a|b',
    '/^',
    '/`',
  ],
]

const SEGMENTS: readonly string[] = [
  ...[
    'a',
    'items',
    '42',
    'a.b',
    '...',
    '.hidden',
    '~user',
    '%7Euser',
    '%41',
    'a%20b',
    '%E4%BD%A0',
    '%e4%bd%a0',
    "!$&'()*+,=:@",
    '%3F',
    '%25',
    '100%25',
  ],
]
const QUERIES: readonly string[] = ['', '', '', '?', '?a=b', '?a=%2e%2e/..;x', '?//?/', `?${'q'.repeat(60)}`]
const ALPHABET = "abcXYZ019-._~!$&'()*+,=:@%/\\;?#<>[]^`{|}"

/** Makes a target below a base path that has one reading. */
export function generateSoundTarget(random: Random, base: string): string {
  let path = base
  for (let left = random.below(4); left > 0; left--) path += `/${random.pick(SEGMENTS)}`
  if (random.chance(0.1)) path += '/'
  return path + random.pick(QUERIES)
}

/** Makes a target below a base path that must be refused, whoever sends it. */
export function generateRefusedTarget(random: Random, base: string): string {
  return (
    base + (random.chance(0.3) ? `/${random.pick(SEGMENTS)}` : '') + random.pick(REFUSED_TAILS) + random.pick(QUERIES)
  )
}

/** Makes something where a target stands. */
export function generateWildTarget(random: Random, base: string): string {
  switch (random.below(8)) {
    case 0:
      return random.pick([
        '*',
        '',
        'a',
        '//',
        'http:',
        'http://',
        'http://api',
        'http://api/orders/a',
        'https://api/orders/a',
        'api:443',
      ])
    case 1:
      return random.pick([
        'http://u@api/orders',
        'http://other/orders',
        'HTTP://API/orders/a',
        'ftp://api/orders',
        'http://api?x',
        'http://[::1]/orders',
        'javascript:1',
      ])
    case 2:
      return base + random.text(ALPHABET, random.below(12))
    case 3:
      return `${base}/${random.octets(random.below(8))}`
    case 4:
      return `${base}/${'a/'.repeat(random.below(700))}`
    case 5:
      return `${base}%${random.below(256).toString(16).padStart(2, '0')}${random.pick(SEGMENTS)}`
    case 6:
      return random.pick([
        '/orders/../open',
        '/open/../orders',
        '/ORDERS/a',
        '/orders%2fa',
        '/./orders',
        '/orders.',
        '/orders/open',
        '/%6frders/a',
        '/openorders',
        '/rest/microgateway/status',
      ])
    default:
      return generateSoundTarget(random, base)
  }
}
