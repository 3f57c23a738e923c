/** Laws of tokens: a compact JWT is its own only spelling, and the verdict on it is the one that jose reaches. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jwtVerify } from 'jose'
import { createFixedSource } from '../../src/keys/fixed-keys.ts'
import { importJwks } from '../../src/keys/jwks.ts'
import { createSharedSecretKey } from '../../src/keys/shared-secret.ts'
import { createVerificationKey } from '../../src/keys/verification-key.ts'
import { NO_REVOCATIONS } from '../../src/tokens/revocations.ts'
import { createVerifiedTokenCache } from '../../src/tokens/verified-cache.ts'
import { createTokenVerifier } from '../../src/tokens/verify.ts'
import { createTestClock } from '../support/clock.ts'
import { createTestKey, signWithSecret } from '../support/test-key.ts'

const ISSUER = 'https://idp.example'
const SECRET = Buffer.alloc(32, 5)
const clock = createTestClock()
const NOW = clock.seconds()
const KEYS = (['RS256', 'PS256', 'ES256', 'EdDSA'] as const).map(alg => createTestKey(alg))
const verifier = createVerifier()

function createVerifier() {
  const keys = importJwks({ keys: KEYS.map(key => key.jwk) }).keys.map(key => createVerificationKey(key))
  const source = createFixedSource({ authServer: 'idp', origin: 'jwksFile', keys: () => keys })
  const server = {
    name: 'idp',
    issuer: ISSUER,
    keys: source,
    algorithms: undefined,
    clockSkewSeconds: 0,
    requireExp: false,
  }
  const strategies = [{ key: createSharedSecretKey(SECRET, 'HS256'), owner: 'app', audience: undefined }]
  return createTokenVerifier(
    { servers: [server], hmacCandidates: () => strategies, maxTokenBytes: 8192 },
    { clock, cache: createVerifiedTokenCache(), revocations: NO_REVOCATIONS },
  )
}

function isVerified(compact: string): boolean {
  const result = verifier.verify(compact, clock.now())
  assert.ok(!(result instanceof Promise))
  return result.ok
}

/** One change of a text: a character put in, taken out, or replaced, or two parts swapped. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('insert'), at: fc.nat(), text: fc.string({ minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: fc.constant('replace'), at: fc.nat(), text: fc.constantFrom(...'ABCDwxyz0189-_+/=. \n') }),
  fc.record({ kind: fc.constant('delete'), at: fc.nat(), text: fc.constant('') }),
  fc.record({
    kind: fc.constant('append'),
    at: fc.constant(0),
    text: fc.constantFrom('=', '==', '.', 'A', 'AAAA', ' ', '\n', '\0'),
  }),
)

function mutate(text: string, change: { readonly kind: string; readonly at: number; readonly text: string }): string {
  const at = change.at % text.length
  if (change.kind === 'append') return text + change.text
  const rest = change.kind === 'insert' ? text.slice(at) : text.slice(at + 1)
  return text.slice(0, at) + change.text + rest
}

test('no mutation of a compact JWT verifies', async () => {
  const claims = { iss: ISSUER, sub: 'alice', exp: NOW + 600, scope: 'read write' }
  const tokens = await Promise.all([...KEYS.map(key => key.sign(claims)), signWithSecret(claims, SECRET)])
  for (const compact of tokens) assert.ok(isVerified(compact))
  fc.assert(
    fc.property(fc.constantFrom(...tokens), mutation, (compact, change) => {
      const changed = mutate(compact, change)
      fc.pre(changed !== compact)
      assert.ok(!isVerified(changed), changed)
    }),
    { numRuns: 1500 },
  )
})

test('no part of one token fits another', async () => {
  const tokens = await Promise.all(
    ['alice', 'bob'].flatMap(sub => KEYS.map(key => key.sign({ iss: ISSUER, sub, exp: NOW + 600 }))),
  )
  const index = fc.nat({ max: tokens.length - 1 })
  fc.assert(
    fc.property(index, index, index, (a, b, c) => {
      const parts = [a, b, c].map((token, part) => (tokens[token] as string).split('.')[part])
      const compact = parts.join('.')
      // Equal header and claims make an equal token for a deterministic signature, and a token of its own otherwise.
      assert.equal(isVerified(compact), tokens.includes(compact), compact)
    }),
    { numRuns: 300 },
  )
})

test('the verdict on signature, issuer and times is the one of jose', async () => {
  const stranger = createTestKey('ES256', { kid: KEYS[2]?.kid ?? '' })
  const time = fc.option(fc.oneof(fc.integer({ min: NOW - 3, max: NOW + 3 }), fc.constantFrom(NOW - 0.5, NOW + 0.5)), {
    nil: undefined,
  })
  const iss = fc.constantFrom(ISSUER, `${ISSUER}/`, undefined)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...KEYS.slice(2), stranger), iss, time, time, async (key, issuer, exp, nbf) => {
      const compact = await key.sign({ iss: issuer, exp, nbf })
      const trusted = KEYS.find(known => known.kid === key.kid)
      assert.ok(trusted)
      const verdict = await jwtVerify(compact, trusted.publicKey, {
        issuer: ISSUER,
        currentDate: new Date(clock.now()),
      }).then(
        () => true,
        () => false,
      )
      assert.equal(isVerified(compact), verdict, JSON.stringify({ issuer, exp, nbf }))
    }),
    { numRuns: 200 },
  )
})
