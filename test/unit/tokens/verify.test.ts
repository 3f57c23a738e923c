import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deny, type Result } from '../../../src/errors/denial.ts'
import type { Facts } from '../../../src/exchange/exchange.ts'
import { createFixedSource } from '../../../src/keys/fixed-keys.ts'
import { importJwks } from '../../../src/keys/jwks.ts'
import type { KeyCandidates, KeySource } from '../../../src/keys/key-source.ts'
import { createSharedSecretKey } from '../../../src/keys/shared-secret.ts'
import { createVerificationKey, type HeldKey } from '../../../src/keys/verification-key.ts'
import type { UnverifiedJwt, VerifiedJwt } from '../../../src/tokens/jwt.ts'
import { NO_REVOCATIONS, type RevocationList } from '../../../src/tokens/revocations.ts'
import { createVerifiedTokenCache, type VerifiedTokenCache } from '../../../src/tokens/verified-cache.ts'
import {
  createTokenVerifier,
  type HmacCandidate,
  type HmacCandidates,
  type TokenServer,
  type TokenVerifier,
} from '../../../src/tokens/verify.ts'
import { createTestClock } from '../../support/clock.ts'
import { createKeyUnlessRsa, createTestKey, signWithSecret, type TestKey } from '../../support/test-key.ts'

const ISSUER = 'https://idp.example/realms/staff'
const clock = createTestClock()
const NOW = clock.seconds()
const CLAIMS = { iss: ISSUER, sub: 'alice', iat: NOW, exp: NOW + 300 }
const RSA = createTestKey('RS256')
/** Another key under the name of the first. */
const FORGER = createTestKey('RS256', { kid: RSA.kid })
const SECRET = Buffer.alloc(64, 9)
const noCandidates: HmacCandidates = () => []

interface Bench {
  readonly verifier: TokenVerifier
  readonly keys: readonly HeldKey[]
  readonly source: KeySource & { asked: number }
  readonly cache: VerifiedTokenCache
  verify(compact: string, nowMs?: number): Result<VerifiedJwt>
}

interface BenchOptions extends Partial<TokenServer> {
  readonly jwks?: readonly TestKey[]
  readonly hmac?: HmacCandidates
  readonly maxTokenBytes?: number
  readonly cache?: VerifiedTokenCache
  readonly revocations?: RevocationList
  readonly answer?: () => KeyCandidates | Promise<KeyCandidates>
}

function createBench({
  jwks = [RSA],
  hmac = noCandidates,
  maxTokenBytes = 8192,
  revocations = NO_REVOCATIONS,
  answer,
  ...rest
}: BenchOptions = {}): Bench {
  const keys = importJwks({ keys: jwks.map(key => key.jwk) }).keys.map(key => createVerificationKey(key))
  const fixed = createFixedSource({ authServer: 'staff-idp', origin: 'jwksFile', keys: () => keys })
  const source = {
    ...fixed,
    asked: 0,
    candidates(...header: Parameters<KeySource['candidates']>) {
      source.asked += 1
      return answer === undefined ? fixed.candidates(...header) : answer()
    },
  }
  const server: TokenServer = {
    name: 'staff-idp',
    issuer: ISSUER,
    keys: source,
    algorithms: undefined,
    clockSkewSeconds: 30,
    requireExp: true,
    ...rest,
  }
  const cache = rest.cache ?? createVerifiedTokenCache()
  const verifier = createTokenVerifier(
    { servers: [server], hmacCandidates: hmac, maxTokenBytes },
    { clock, cache, revocations },
  )
  const verify = (compact: string, nowMs = clock.now()): Result<VerifiedJwt> => {
    const result = verifier.verify(compact, nowMs)
    assert.ok(!(result instanceof Promise), 'a verdict without a fetch is synchronous')
    return result
  }
  return { verifier, keys, source, cache, verify }
}

function codeOf(result: Result<VerifiedJwt>): string {
  return result.ok ? 'verified' : result.error.code
}

function candidateOf(owner: string, secret: Uint8Array = SECRET, audience?: string): HmacCandidate {
  return { key: createSharedSecretKey(secret, 'HS256'), owner, audience }
}

for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const)
  test(`a token signed by jose with ${alg} verifies`, async () => {
    const key = createKeyUnlessRsa(alg, RSA)
    const bench = createBench({ jwks: [key] })
    const result = bench.verify(await key.sign({ ...CLAIMS, aud: 'orders', nbf: NOW + 10 }, { typ: 'at+jwt' }))
    assert.ok(result.ok, codeOf(result))
    const jwt = result.value
    assert.equal(jwt.key, bench.keys[0])
    assert.equal(jwt.claims['sub'], 'alice')
    assert.deepEqual(
      [jwt.state, jwt.issuer, jwt.authServer, jwt.keyOwner, jwt.strategyAudience, jwt.audience],
      ['verified', ISSUER, 'staff-idp', undefined, undefined, ['orders']],
    )
    assert.deepEqual([jwt.expiresAtMs, jwt.notBeforeMs], [(NOW + 330) * 1000, (NOW - 20) * 1000])
  })

test('BCP-01: none in any spelling is refused, whatever the signature', () => {
  const bench = createBench()
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const alg of ['none', 'None', 'NONE', 'nOnE', ''])
    for (const signature of ['', 'AAAA'])
      assert.equal(
        codeOf(bench.verify(`${encode({ alg })}.${encode(CLAIMS)}.${signature}`)),
        'token.algorithm_not_allowed',
      )
  assert.equal(bench.source.asked, 0)
})

test('BCP-09, JWT-14: the issuer is compared exactly, before any key is looked for', async () => {
  const bench = createBench()
  for (const iss of [undefined, '', 'https://idp.example', `${ISSUER}/`, ISSUER.toUpperCase(), `${ISSUER}x`])
    assert.equal(codeOf(bench.verify(await RSA.sign({ ...CLAIMS, iss }))), 'token.issuer_unknown')
  const odd = await RSA.sign({ ...CLAIMS, iss: [ISSUER] })
  assert.equal(codeOf(bench.verify(odd)), 'token.issuer_unknown')
  assert.equal(bench.source.asked, 0)
})

test('BCP-03, JWT-13: an algorithm outside the list of the auth server is refused though its signature is right', async () => {
  const algorithms = new Set(['ES256', 'RS512'] as const)
  const bench = createBench({ algorithms })
  assert.equal(codeOf(bench.verify(await RSA.sign(CLAIMS))), 'token.algorithm_not_allowed')
  assert.equal(bench.source.asked, 0)
  const free = createKeyUnlessRsa('RS512', RSA)
  assert.equal(codeOf(createBench({ jwks: [free], algorithms }).verify(await free.sign(CLAIMS))), 'verified')
})

test('BCP-02: a key verifies its own algorithm only', async () => {
  const bench = createBench()
  assert.equal(codeOf(bench.verify(await RSA.sign(CLAIMS, { alg: 'PS256' }))), 'token.key_unknown')
  assert.equal(codeOf(bench.verify(await RSA.sign(CLAIMS, { alg: 'RS384' }))), 'token.key_unknown')
})

test('JWS-08, BCP-11: kid is looked up and nothing else; what is not in the set is unknown', async () => {
  const bench = createBench()
  for (const kid of [
    '',
    'nope',
    '../../etc/passwd',
    "' OR 1=1 --",
    '__proto__',
    'https://evil.example/jwks',
    RSA.kid.toUpperCase(),
  ])
    assert.equal(codeOf(bench.verify(await RSA.sign(CLAIMS, { kid }))), 'token.key_unknown', kid)
  assert.equal(codeOf(bench.verify(await RSA.sign(CLAIMS, { kid: undefined }))), 'verified')
})

test('CVE-2018-0114: a key inside the token is ignored', async () => {
  const bench = createBench()
  const forged = await FORGER.sign(CLAIMS, {
    jwk: FORGER.publicKey.export({ format: 'jwk' }),
    jku: 'http://127.0.0.1:1/',
  })
  assert.equal(codeOf(bench.verify(forged)), 'token.signature_invalid')
})

test('without kid every key that fits is tried', async () => {
  const second = createKeyUnlessRsa('RS256', FORGER)
  const bench = createBench({ jwks: [RSA, createTestKey('ES256'), second] })
  assert.equal(codeOf(bench.verify(await second.sign(CLAIMS, { kid: undefined }))), 'verified')
})

test('the order of the checks is the one of the specification: signature before times', async () => {
  const bench = createBench()
  const expired = { ...CLAIMS, exp: NOW - 60 }
  assert.equal(codeOf(bench.verify(await RSA.sign(expired))), 'token.expired')
  assert.equal(codeOf(bench.verify(await FORGER.sign(expired))), 'token.signature_invalid')
})

test('JWT-06, JWT-07: a token outside its times is refused', async () => {
  const bench = createBench()
  assert.equal(codeOf(bench.verify(await RSA.sign({ ...CLAIMS, exp: NOW - 30 }))), 'token.expired')
  assert.equal(codeOf(bench.verify(await RSA.sign({ ...CLAIMS, nbf: NOW + 31 }))), 'token.not_yet_valid')
  assert.equal(codeOf(bench.verify(await RSA.sign({ ...CLAIMS, iat: NOW + 31 }))), 'token.not_yet_valid')
  assert.equal(codeOf(bench.verify(await RSA.sign({ iss: ISSUER }))), 'token.claim_missing')
  assert.equal(codeOf(createBench({ requireExp: false }).verify(await RSA.sign({ iss: ISSUER }))), 'verified')
})

test('JWT-05: aud that is neither a string nor a list of strings is refused', async () => {
  const bench = createBench()
  for (const aud of [7, null, {}, [7], ['a', null]])
    assert.equal(codeOf(bench.verify(await RSA.sign({ ...CLAIMS, aud: aud }))), 'token.claim_invalid')
})

test('BCP-14: a JWT of another kind is refused before its key is looked for', async () => {
  const bench = createBench()
  for (const typ of ['dpop+jwt', 'backend+jwt', 'application/logout+jwt'])
    assert.equal(codeOf(bench.verify(await RSA.sign(CLAIMS, { typ }))), 'token.malformed')
  assert.equal(bench.source.asked, 0)
})

test('a token that is too large or malformed is refused before its key is looked for', async () => {
  const bench = createBench({ maxTokenBytes: 100 })
  assert.equal(codeOf(bench.verify(await RSA.sign(CLAIMS))), 'token.too_large')
  assert.equal(codeOf(bench.verify('a.b')), 'token.malformed')
  assert.equal(codeOf(bench.verify('')), 'token.malformed')
  assert.equal(bench.source.asked, 0)
})

test('keys that cannot be had are 503 and not the token’s fault', async () => {
  const bench = createBench({ answer: () => deny('keys.unavailable', {}, { retryAfterSeconds: 7 }) })
  const result = bench.verify(await RSA.sign(CLAIMS))
  assert.ok(!result.ok)
  assert.deepEqual([result.error.code, result.error.retryAfterSeconds], ['keys.unavailable', 7])
})

test('a key that has to be fetched makes a promise, and the time is judged after the wait', async () => {
  const wait = Promise.withResolvers<KeyCandidates>()
  const bench = createBench({ answer: () => wait.promise })
  const compact = await RSA.sign({ ...CLAIMS, exp: clock.seconds() + 1 })
  const good = await RSA.sign({ ...CLAIMS, exp: clock.seconds() + 600 })
  const results = [compact, good].map(text => bench.verifier.verify(text, clock.now()))
  assert.ok(results.every(result => result instanceof Promise))
  clock.advance(32_000)
  wait.resolve({ ok: true, value: bench.keys })
  assert.deepEqual((await Promise.all(results)).map(codeOf), ['token.expired', 'verified'])
})

test('HS tokens are judged by the keys of strategies, and identify their owner', async () => {
  const seen: unknown[] = []
  const bench = createBench({
    hmac(unverified, authServer, algorithm) {
      seen.push([unverified.state, unverified.unverifiedClaims['sub'], authServer, algorithm])
      return [candidateOf('other', Buffer.alloc(32, 1)), candidateOf('app-1', SECRET, 'strategy-audience')]
    },
  })
  const result = bench.verify(await signWithSecret(CLAIMS, SECRET))
  assert.ok(result.ok, codeOf(result))
  assert.deepEqual([result.value.keyOwner, result.value.strategyAudience], ['app-1', 'strategy-audience'])
  assert.deepEqual(seen, [['unverified', 'alice', 'staff-idp', 'HS256']])
  assert.equal(bench.source.asked, 0)
})

test('HS tokens without a fitting strategy are refused, and at most eight keys are tried', async () => {
  const compact = await signWithSecret(CLAIMS, SECRET)
  assert.equal(codeOf(createBench().verify(compact)), 'token.key_unknown')
  const wrong = Array.from({ length: 8 }, (_, index) => candidateOf(`a${index}`, Buffer.alloc(32, index)))
  assert.equal(codeOf(createBench({ hmac: () => wrong }).verify(compact)), 'token.signature_invalid')
  assert.equal(
    codeOf(createBench({ hmac: () => [...wrong, candidateOf('late')] }).verify(compact)),
    'token.signature_invalid',
  )
  assert.equal(
    codeOf(createBench({ hmac: () => [...wrong.slice(1), candidateOf('in time')] }).verify(compact)),
    'verified',
  )
})

test('a strategy’s key verifies its one algorithm, and an asymmetric list does not let HS in or out', async () => {
  const hmac: HmacCandidates = () => [candidateOf('app-1')]
  const bench = createBench({ hmac, algorithms: new Set(['RS256'] as const) })
  assert.equal(codeOf(bench.verify(await signWithSecret(CLAIMS, SECRET))), 'verified')
  assert.equal(codeOf(bench.verify(await signWithSecret(CLAIMS, SECRET, { alg: 'HS512' }))), 'token.signature_invalid')
  assert.equal(codeOf(bench.verify(await RSA.sign(CLAIMS))), 'verified')
})

test('a verified token is verified once: later verdicts come from the cache, the very same object', async () => {
  const bench = createBench()
  const compact = await RSA.sign(CLAIMS)
  const [first, second] = [bench.verify(compact), bench.verify(compact)]
  assert.ok(first.ok && second.ok)
  assert.equal(first.value, second.value)
  assert.equal(bench.source.asked, 1)
  assert.deepEqual(bench.cache.uses, { hits: 1, misses: 1 })
})

test('refusals are not cached', async () => {
  const bench = createBench()
  const compact = await RSA.sign({ ...CLAIMS, nbf: NOW + 100 })
  assert.equal(codeOf(bench.verify(compact)), 'token.not_yet_valid')
  assert.equal(bench.cache.size, 0)
})

test('the time is rechecked on every hit', async () => {
  const bench = createBench()
  const compact = await RSA.sign({ ...CLAIMS, nbf: NOW, exp: NOW + 300 })
  assert.equal(codeOf(bench.verify(compact)), 'verified')
  assert.equal(codeOf(bench.verify(compact, (NOW - 31) * 1000)), 'token.not_yet_valid')
  assert.equal(codeOf(bench.verify(compact)), 'verified')
  assert.equal(codeOf(bench.verify(compact, (NOW + 330) * 1000)), 'token.expired')
  assert.equal(bench.cache.size, 0)
})

test('a cached verdict dies with its key', async () => {
  const bench = createBench()
  const compact = await RSA.sign(CLAIMS)
  assert.equal(codeOf(bench.verify(compact)), 'verified')
  bench.keys[0]?.retire()
  assert.equal(codeOf(bench.verify(compact)), 'keys.unavailable')
})

test('a verdict under other rules does not count', async () => {
  const cache = createVerifiedTokenCache()
  const compact = await RSA.sign(CLAIMS)
  assert.equal(codeOf(createBench({ cache }).verify(compact)), 'verified')
  assert.equal(
    codeOf(createBench({ cache, algorithms: new Set(['ES256'] as const) }).verify(compact)),
    'token.algorithm_not_allowed',
  )
  assert.equal(codeOf(createBench({ cache, issuer: 'https://other.example' }).verify(compact)), 'token.issuer_unknown')
  assert.equal(
    codeOf(createBench({ cache, name: 'renamed', jwks: [createTestKey('ES256')] }).verify(compact)),
    'token.key_unknown',
  )
  assert.equal(codeOf(createBench({ cache, maxTokenBytes: 50 }).verify(compact)), 'token.too_large')
})

test('verifiers with the same auth server share verdicts, as before and after a reload', async () => {
  const cache = createVerifiedTokenCache()
  const bench = createBench({ cache })
  const compact = await RSA.sign(CLAIMS)
  const first = bench.verify(compact)
  const again = createBench({ cache, keys: bench.source }).verify(compact)
  assert.ok(first.ok && again.ok)
  assert.equal(again.value, first.value)
  assert.equal(bench.source.asked, 1)
})

test('a cached HMAC verdict dies with the strategies that gave its key', async () => {
  const cache = createVerifiedTokenCache()
  const hmac: HmacCandidates = () => [candidateOf('app-1')]
  const bench = createBench({ cache, hmac })
  const compact = await signWithSecret(CLAIMS, SECRET)
  assert.equal(codeOf(bench.verify(compact)), 'verified')
  const later: HmacCandidates = () => [candidateOf('app-2')]
  const result = createBench({ cache, keys: bench.source, hmac: later }).verify(compact)
  assert.ok(result.ok)
  assert.equal(result.value.keyOwner, 'app-2')
  assert.equal(codeOf(createBench({ cache, keys: bench.source }).verify(compact)), 'token.key_unknown')
})

test('two auth servers in one rule each verify with their own keys', async () => {
  const other: { readonly key: TestKey; readonly issuer: string } = {
    key: createTestKey('RS256'),
    issuer: 'https://two.example',
  }
  const [first, second] = [createBench(), createBench({ jwks: [other.key] })]
  const servers: TokenServer[] = [
    { name: 'one', issuer: ISSUER, keys: first.source, algorithms: undefined, clockSkewSeconds: 0, requireExp: true },
    {
      name: 'two',
      issuer: other.issuer,
      keys: second.source,
      algorithms: undefined,
      clockSkewSeconds: 0,
      requireExp: true,
    },
  ]
  const rules = { servers, hmacCandidates: noCandidates, maxTokenBytes: 8192 }
  const verifier = createTokenVerifier(rules, { clock, cache: createVerifiedTokenCache(), revocations: NO_REVOCATIONS })
  const judge = async (key: TestKey, iss: string, header = {}): Promise<string> =>
    codeOf(
      await verifier.verify(
        await key.sign({ ...CLAIMS, iat: clock.seconds(), exp: clock.seconds() + 60, iss }, header),
        clock.now(),
      ),
    )
  assert.equal(await judge(RSA, ISSUER), 'verified')
  assert.equal(await judge(other.key, other.issuer), 'verified')
  assert.equal(await judge(other.key, ISSUER, { kid: undefined }), 'token.signature_invalid')
  assert.equal(await judge(RSA, other.issuer, { kid: undefined }), 'token.signature_invalid')
})

test('the facts of a refusal hold no token and no long text', async () => {
  const bench = createBench()
  const long = 'x'.repeat(1000)
  for (const compact of [
    await RSA.sign({ ...CLAIMS, iss: long }),
    await RSA.sign(CLAIMS, { kid: long }),
    await RSA.sign(CLAIMS, { typ: long }),
  ]) {
    const result = bench.verify(compact)
    assert.ok(!result.ok)
    const facts = JSON.stringify(result.error)
    assert.ok(facts.length < 300)
    for (const part of compact.split('.')) assert.ok(!facts.includes(part))
  }
})

test('the compiler keeps unverified claims away from where claims have an effect', () => {
  const unverified: UnverifiedJwt = {
    state: 'unverified',
    compact: '',
    header: { alg: 'none', kid: undefined, typ: undefined },
    unverifiedClaims: {},
    issuer: undefined,
  }
  // @ts-expect-error an unverified token is no fact
  const facts: Facts = { jwt: unverified }
  // @ts-expect-error an unverified token has no claims to read
  assert.equal(unverified.claims, undefined)
  assert.ok(facts)
})
