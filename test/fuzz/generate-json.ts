import type { Random } from './random.ts'

const SCALARS: readonly string[] = [
  ...[
    '0',
    '-0',
    '1',
    '1.0',
    '1e2',
    '1e400',
    '-1',
    '1767225600',
    '9007199254740993',
    'true',
    'false',
    'null',
    '""',
    '"a"',
    '"\\u0000"',
    '"\\ud800"',
    '"😀"',
  ],
]

/** Makes JSON text of any shape; now and then such as only a lenient parser takes. */
export function generateJson(random: Random, depth = 3): string {
  const kind = random.below(depth > 0 ? 8 : 5)
  if (kind < 4) return random.pick(SCALARS)
  if (kind === 4) return JSON.stringify(random.octets(random.below(6)))
  const size = random.below(4)
  const parts: string[] = []
  for (let i = 0; i < size; i++) {
    const value = generateJson(random, depth - 1)
    parts.push(kind < 6 ? value : `"${random.pick(['a', 'b', 'a', '__proto__', 'alg', 'iss', 'exp'])}":${value}`)
  }
  const text = parts.join(random.chance(0.03) ? ',,' : ',')
  const loose = random.chance(0.03) ? ',' : ''
  return kind < 6 ? `[${text}${loose}]` : `{${text}${loose}}`
}

/** Writes an object of members that are JSON texts already: in any order, with white space, names twice, or none. */
export function writeObject(random: Random, members: readonly (readonly [string, string])[]): string {
  const parts = members.map(([name, value]) => `${spell(random, name)}:${value}`)
  if (random.chance(0.1)) parts.reverse()
  const gap = random.chance(0.1) ? random.pick([' ', '\n', '\t', '\r\n  ']) : ''
  return `{${gap}${parts.join(`,${gap}`)}${gap}}`
}

/** A name may be written with escapes: it is the same name. */
function spell(random: Random, name: string): string {
  if (!random.chance(0.05)) return JSON.stringify(name)
  return `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}"`
}
