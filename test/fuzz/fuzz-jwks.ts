/** Key sets against the importer: every sound key is kept and every other one dropped, whatever stands beside it; never a throw. */
import { importJwks } from '../../src/keys/jwks.ts'
import { createTestKey } from '../support/test-key.ts'
import type { FuzzCase, FuzzTarget } from './fuzz-target.ts'
import { type GeneratedJwks, generateJwks } from './generate-jwks.ts'

export interface JwksCase extends FuzzCase {
  readonly kept: GeneratedJwks['kept']
}

const MOST_MS = 250

/** Makes the sound keys. */
export async function openJwksTarget(): Promise<FuzzTarget<JwksCase>> {
  const sound = (['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256'] as const).map(alg => createTestKey(alg).jwk)
  const kids = new Set(sound.map(jwk => String(jwk['kid'])))
  return {
    name: 'jwks',
    batch: 50,
    generate(random) {
      const { text, kept } = generateJwks(random, sound)
      return { input: text, kept }
    },
    judge(cases) {
      for (const each of cases) {
        const complaint = judgeOne(each, kids)
        if (complaint !== undefined) return complaint
      }
      return undefined
    },
    withInput: input => ({ input, kept: undefined }),
    async close() {
      return undefined
    },
  }
}

function judgeOne({ input, kept }: JwksCase, kids: ReadonlySet<string>): string | undefined {
  let document: unknown
  try {
    document = JSON.parse(input)
  } catch {
    return kept === undefined ? undefined : 'the generator wrote no JSON'
  }
  const begun = performance.now()
  const { keys, dropped } = importJwks(document)
  const took = performance.now() - begun
  if (took > MOST_MS) return `took ${Math.round(took)} ms`
  for (const { key, algorithms } of keys) {
    if (key.type !== 'public') return `kept a ${key.type} key`
    if (algorithms.size === 0) return 'kept a key that verifies nothing'
    if ([...algorithms].some(algorithm => algorithm.startsWith('HS'))) return 'kept a public key for HMAC'
  }
  if (dropped.some(({ reason }) => reason === '')) return 'dropped a key without a reason'
  if (kept === undefined) return undefined
  const found = keys.map(({ kid }) => kid ?? '').filter(kid => kids.has(kid))
  return found.join() === kept.join() && found.length === keys.length ? undefined : `kept ${found}, and not ${kept}`
}
