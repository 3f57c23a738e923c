/** Tokens that look like valid ones: made of a valid one's parts, so that a check that is left out lets them through. */
import { generateJson, writeObject } from './generate-json.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

const PIECES: readonly string[] = [
  ...[
    '.',
    '..',
    '=',
    '==',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\0',
    '-',
    '_',
    '+',
    '/',
    'A',
    'AAAA',
    'e30',
    'e30.',
    '%2e',
    '\x80',
    ',',
    ';',
    '"',
    '~',
    'bnVsbA',
  ],
]
const ALGORITHMS: readonly string[] = [
  ...[
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'HS256',
    'hs256',
    'RS256',
    'rs256',
    'PS256',
    'ES256',
    'ES256 ',
    'ES384',
    'EdDSA',
    'Ed25519',
    'ES256K',
    'RS1',
    'dir',
    'A128GCM',
    'RSA-OAEP',
  ],
]
const HEADER_MEMBERS: readonly (readonly [string, string])[] = [
  ['crit', '["exp"]'],
  ['crit', '[]'],
  ['b64', 'false'],
  ['zip', '"DEF"'],
  ['enc', '"A128GCM"'],
  ['jku', '"http://127.0.0.1:1/jwks"'],
  ['x5u', '"http://127.0.0.1:1/x"'],
  ['jwk', '{"kty":"oct","k":"AAAA"}'],
  ['x5c', '["MIIB"]'],
  ['typ', '"JOSE+JSON"'],
  ['typ', '1'],
  ['cty', '"JWT"'],
  ['kid', '"../../../dev/null"'],
  ['kid', '1'],
  ['kid', '""'],
  ['kid', '"\' OR 1=1"'],
  ['kid', 'null'],
]

/** Makes a token that must be refused where `valid` passes: never that text itself. */
export function generateToken(random: Random, valid: string): string {
  for (;;) {
    const token = generateOne(random, valid)
    if (token !== valid) return token
  }
}

function generateOne(random: Random, valid: string): string {
  const first = valid.indexOf('.')
  const second = valid.lastIndexOf('.')
  const header = valid.slice(0, first)
  const claims = valid.slice(first + 1, second)
  const signature = valid.slice(second + 1)
  switch (random.below(10)) {
    case 0:
      return `${encode(generateHeader(random, header))}.${claims}.${signature}`
    case 1:
      return `${encode(generateHeader(random, header))}.${claims}.${random.pick(['', 'AA', signature.slice(4)])}`
    case 2:
      return `${header}.${encode(generateClaims(random, claims))}.${signature}`
    case 3:
      return `${header}.${claims}.${generateSignature(random, signature)}`
    case 4:
      return respell(random, valid)
    case 5:
      return shuffle(random, [header, claims, signature])
    case 6:
      return encode(generateJson(random)) + (random.chance(0.5) ? `.${claims}.${signature}` : '')
    default:
      return mutate(valid, random, PIECES, 3)
  }
}

function generateHeader(random: Random, header: string): string {
  const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: string; kid?: string }
  const members: (readonly [string, string])[] = [
    ['alg', JSON.stringify(random.chance(0.5) ? random.pick(ALGORITHMS) : alg)],
  ]
  if (kid !== undefined && random.chance(0.8)) members.push(['kid', JSON.stringify(kid)])
  for (let left = random.below(3); left > 0; left--) members.push(random.pick(HEADER_MEMBERS))
  if (random.chance(0.1)) members.push(['alg', JSON.stringify(alg)])
  if (random.chance(0.1)) members.push(['x', generateJson(random)])
  return writeObject(random, members)
}

function generateClaims(random: Random, claims: string): string {
  const known = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  const members = Object.entries(known).map(([name, value]) => [name, JSON.stringify(value)] as const)
  const changed = random.pick(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'scope', '__proto__', 'constructor'])
  return writeObject(random, [...members, [changed, generateJson(random)]])
}

/** Signatures that fool a check by their length, their form, or their value. */
function generateSignature(random: Random, signature: string): string {
  const octets = Buffer.from(signature, 'base64url')
  switch (random.below(6)) {
    case 0:
      return ''
    case 1:
      return Buffer.alloc(octets.length, random.pick([0, 1, 0xff])).toString('base64url')
    case 2:
      return Buffer.concat([octets, octets.subarray(0, random.below(8))]).toString('base64url') + random.pick(['', 'A'])
    case 3:
      return octets.subarray(0, random.below(octets.length)).toString('base64url')
    case 4: {
      const at = random.below(octets.length)
      octets[at] = (octets[at] ?? 0) ^ (1 << random.below(8))
      return octets.toString('base64url')
    }
    default:
      return Buffer.concat([octets.subarray(octets.length >> 1), octets.subarray(0, octets.length >> 1)]).toString(
        'base64url',
      )
  }
}

/** Writes the same octets in another way: padding, white space, the other alphabet, loose bits in the last character. */
function respell(random: Random, valid: string): string {
  const parts = valid.split('.')
  const at = random.below(3)
  const part = parts[at] ?? ''
  const spelled = [
    `${part}=`,
    `${part}==`,
    `${part} `,
    ` ${part}`,
    `${part}\n`,
    part.replaceAll('-', '+').replaceAll('_', '/'),
    part.slice(0, -1) + nextCharacter(part.at(-1) ?? 'A'),
    `${part.slice(0, 4)}\r\n${part.slice(4)}`,
    encodeURIComponent(part),
    part.toLowerCase(),
    `${part}A`,
    Buffer.from(part).toString('base64url'),
  ]
  parts[at] = random.pick(spelled)
  return parts.join('.')
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function nextCharacter(character: string): string {
  return ALPHABET[(ALPHABET.indexOf(character) + 1) % ALPHABET.length] ?? 'A'
}

function shuffle(random: Random, parts: readonly string[]): string {
  let text = ''
  for (let left = random.below(6); left >= 0; left--) text += (text === '' ? '' : '.') + random.pick(parts)
  return text + random.pick(['', '', '.'])
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
