/**
 * Tokens against the real verifier. Those made of a valid one's parts are all refused. Those that are signed by a trusted key over any
 * header and any claims pass at most where jose lets them pass too.
 */
import assert from 'node:assert/strict'
import { sign } from 'node:crypto'
import { compactVerify, jwtVerify } from 'jose'
import { createFixedSource } from '../../src/keys/fixed-keys.ts'
import { importJwks } from '../../src/keys/jwks.ts'
import { createSharedSecretKey } from '../../src/keys/shared-secret.ts'
import { createVerificationKey } from '../../src/keys/verification-key.ts'
import { NO_REVOCATIONS } from '../../src/tokens/revocations.ts'
import { createVerifiedTokenCache } from '../../src/tokens/verified-cache.ts'
import { createTokenVerifier, type TokenVerifier } from '../../src/tokens/verify.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { createTestKey, signWithSecret, type TestKey } from '../support/test-key.ts'
import type { FuzzCase, FuzzTarget } from './fuzz-target.ts'
import { generateJson, writeObject } from './generate-json.ts'
import { generateToken } from './generate-token.ts'
import type { Random } from './random.ts'

export interface TokenCase extends FuzzCase {
  /** `none`: refused by all means. `signed`: as jose says, or refused. */
  readonly kind: 'none' | 'signed'
}

const ISSUER = 'https://idp.example'
const SECRET = Buffer.alloc(32, 5)
/** No token costs more than this, in milliseconds, beside its signature check; the machine may be busy with something else. */
const MOST_MS = 250
const SIGNED_SHARE = 0.02

/** Makes the keys, the valid tokens and the verifier. */
export async function openTokensTarget(): Promise<FuzzTarget<TokenCase>> {
  const clock = createTestClock()
  const keys = (['ES256', 'EdDSA', 'RS256'] as const).map(alg => createTestKey(alg))
  const verifier = openVerifier(keys, clock)
  const claims = {
    iss: ISSUER,
    sub: 'alice',
    aud: ['orders'],
    scope: 'read',
    iat: clock.seconds(),
    exp: clock.seconds() + 600,
  }
  const valid = await Promise.all([...keys.map(key => key.sign(claims)), signWithSecret(claims, SECRET)])
  for (const token of valid) assert.ok(verify(verifier, token, clock))
  const [signer] = keys as [TestKey]
  return {
    name: 'tokens',
    batch: 200,
    generate(random) {
      if (random.chance(SIGNED_SHARE)) return { input: signAnything(random, signer, clock), kind: 'signed' }
      return { input: generateToken(random, random.pick(valid)), kind: 'none' }
    },
    async judge(cases) {
      for (const each of cases) {
        const complaint = await judgeOne(each)
        if (complaint !== undefined) return complaint
      }
      return undefined
    },
    withInput: (input, { kind }) => ({ input, kind }),
    async close() {
      return undefined
    },
  }

  async function judgeOne({ input, kind }: TokenCase): Promise<string | undefined> {
    const begun = performance.now()
    const isAccepted = verify(verifier, input, clock)
    const took = performance.now() - begun
    if (took > MOST_MS) return `a verdict took ${Math.round(took)} ms`
    if (!isAccepted) return undefined
    if (kind === 'none') return valid.includes(input) ? undefined : 'a token that nobody signed was accepted'
    return (await isAcceptedByJose(input, signer, clock)) ? undefined : 'accepted, and refused by jose'
  }
}

function openVerifier(keys: readonly TestKey[], clock: TestClock): TokenVerifier {
  const held = importJwks({ keys: keys.map(({ jwk }) => jwk) }).keys.map(key => createVerificationKey(key))
  const source = createFixedSource({ authServer: 'idp', origin: 'jwksFile', keys: () => held })
  const server = {
    name: 'idp',
    issuer: ISSUER,
    keys: source,
    algorithms: undefined,
    clockSkewSeconds: 0,
    requireExp: true,
  }
  const strategies = [{ key: createSharedSecretKey(SECRET, 'HS256'), owner: 'app', audience: undefined }]
  return createTokenVerifier(
    { servers: [server], hmacCandidates: () => strategies, maxTokenBytes: 8192 },
    { clock, cache: createVerifiedTokenCache(), revocations: NO_REVOCATIONS },
  )
}

function verify(verifier: TokenVerifier, token: string, clock: TestClock): boolean {
  const result = verifier.verify(token, clock.now())
  if (result instanceof Promise) throw new Error('a verdict with keys at hand is given at once')
  return result.ok
}

async function isAcceptedByJose(token: string, key: TestKey, clock: TestClock): Promise<boolean> {
  try {
    await compactVerify(token, key.publicKey, { algorithms: [key.alg] })
    await jwtVerify(token, key.publicKey, {
      issuer: ISSUER,
      requiredClaims: ['exp'],
      currentDate: new Date(clock.now()),
    })
    return true
  } catch {
    return false
  }
}

/** Signs a header and claims of any shape, many of which would be right. */
function signAnything(random: Random, key: TestKey, clock: TestClock): string {
  const time = (): string => `${clock.seconds() + random.below(5) - 2}${random.pick(['', '', '.5', 'e0'])}`
  const members: (readonly [string, string])[] = [
    ['iss', random.chance(0.9) ? JSON.stringify(ISSUER) : generateJson(random)],
    ['exp', random.chance(0.8) ? time() : generateJson(random)],
  ]
  if (random.chance(0.4))
    members.push([random.pick(['nbf', 'iat']), random.chance(0.7) ? time() : generateJson(random)])
  if (random.chance(0.4))
    members.push([random.pick(['aud', 'sub', 'scope', 'jti', 'iss', 'exp']), generateJson(random)])
  const header: (readonly [string, string])[] = [['alg', JSON.stringify(key.alg)]]
  if (random.chance(0.8)) header.push(['kid', JSON.stringify(key.kid)])
  if (random.chance(0.3)) header.push([random.pick(['typ', 'crit', 'b64', 'x', 'kid', 'alg']), generateJson(random)])
  const signed = [header, members].map(part => Buffer.from(writeObject(random, part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}
