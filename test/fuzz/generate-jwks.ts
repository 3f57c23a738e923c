import { generateJson } from './generate-json.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

type Jwk = Readonly<Record<string, unknown>>

export interface GeneratedJwks {
  readonly text: string
  /** `kid`s of the keys that must be kept, in order, where that is known. */
  readonly kept: readonly string[] | undefined
}

const PIECES: readonly string[] = [
  '"keys"',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '"',
  '\\',
  'null',
  '1e999',
  '"d":"AA"',
  '"kty":"oct"',
  '"use":"enc"',
  '\0',
  '\xff',
  '"x":""',
  '"kid":1',
  '"__proto__":{}',
]
/** Changes after which a key is of no use, whatever it is. */
const SPOILERS: readonly ((jwk: Jwk) => unknown)[] = [
  jwk => ({ ...jwk, kty: 'oct', k: 'AAAA' }),
  jwk => ({ ...jwk, d: 'AAAA' }),
  jwk => ({ ...jwk, x5c: ['AAAA'] }),
  jwk => ({ ...jwk, use: 'enc' }),
  jwk => ({ ...jwk, key_ops: ['encrypt'] }),
  jwk => ({ ...jwk, key_ops: 'verify' }),
  jwk => ({ ...jwk, alg: 'HS256' }),
  jwk => ({ ...jwk, alg: 'none' }),
  jwk => ({ ...jwk, alg: null }),
  jwk => ({ ...jwk, kid: 7 }),
  jwk => ({ ...jwk, kid: ['a'] }),
  jwk => ({ ...jwk, kty: 'rsa' }),
  jwk => ({ ...jwk, kty: undefined }),
  jwk => ({ ...jwk, crv: 'P-192', n: undefined }),
  jwk => ({ ...jwk, x: '', n: '' }),
  jwk => ({ ...jwk, x: 1, n: 1 }),
  jwk => ({ ...jwk, x: 'AAAA', n: 'AQAB' }),
  jwk => [jwk],
  jwk => JSON.stringify(jwk),
  () => null,
  () => 7,
  () => ({}),
  () => ({ kty: 'RSA', n: 'AQAB', e: 'AQ' }),
  () => ({ kty: '__proto__' }),
]

/** Makes a key set of sound keys (each with a `kid` of its own) and spoiled ones, or a document that is hardly one. */
export function generateJwks(random: Random, sound: readonly Jwk[]): GeneratedJwks {
  const kind = random.below(10)
  if (kind === 0) return { text: generateJson(random), kept: undefined }
  const list: unknown[] = []
  const kept: string[] = []
  for (let left = random.below(8); left > 0; left--) {
    const jwk = random.pick(sound)
    const kid = String(jwk['kid'])
    if (random.chance(0.5)) list.push(random.pick(SPOILERS)(jwk))
    else {
      list.push(random.chance(0.2) ? { ...jwk, 'x-more': [null], x5c: [] } : jwk)
      if (!kept.includes(kid)) kept.push(kid)
    }
  }
  const text = JSON.stringify({ keys: list })
  return kind < 6 ? { text, kept } : { text: mutate(text, random, PIECES, 3), kept: undefined }
}
