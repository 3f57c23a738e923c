import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { thumbprintOf } from '../../../src/keys/verification-key.ts'
import { type ProofExpectation, verifyProof } from '../../../src/tokens/dpop-proof.ts'
import { DPOP_DEFAULTS, makeProof, type ProofPlan, publicJwkOf } from '../../support/dpop.ts'
import { createTestKey, signWithSecret, type TestKey } from '../../support/test-key.ts'

const HTU = 'https://orders.example.com/orders/v1'
const TOKEN = 'header.claims.signature'
const NOW = 1_800_000_000
const KEY = createTestKey('ES256')
const OTHER = createTestKey('ES256')

function expectation(changes: Partial<ProofExpectation> = {}): ProofExpectation {
  return {
    method: 'GET',
    isTarget: htu => htu === HTU,
    token: TOKEN,
    jkt: thumbprintOf(KEY.publicKey),
    algorithms: new Set(DPOP_DEFAULTS.algorithms),
    freshness: { nowMs: NOW * 1000, maxAgeSeconds: 60, isNonce: undefined },
    ...changes,
  }
}

function verdictOf(proof: string, changes: Partial<ProofExpectation> = {}): string {
  const verified = verifyProof(proof, expectation(changes))
  return verified.ok ? 'holds' : `${verified.error.code} ${verified.error.facts?.['reason']}`
}

async function judge(
  plan: Partial<ProofPlan> = {},
  changes: Partial<ProofExpectation> = {},
  key: TestKey = KEY,
): Promise<string> {
  return verdictOf(await makeProof(key, { htu: HTU, token: TOKEN, iat: NOW, ...plan }), changes)
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a proof for this request, token and key holds, and is over when it is too old', async () => {
  const proof = await makeProof(KEY, { htu: HTU, token: TOKEN, iat: NOW, claims: { jti: 'one' } })
  assert.deepEqual(verifyProof(proof, expectation()), {
    ok: true,
    value: { jti: 'one', overAtMs: (NOW + 60 + 30) * 1000 },
  })
})

test('every asymmetric algorithm that is allowed can sign one', async () => {
  for (const alg of ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256'] as const) {
    const key = createTestKey(alg)
    assert.equal(await judge({}, { jkt: thumbprintOf(key.publicKey) }, key), 'holds', alg)
  }
})

test('the example of RFC 9449 holds at its time, for its request and its token', () => {
  // RFC 9449 section 7.1, figures 11 to 13.
  const proof =
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA'
  const example: Partial<ProofExpectation> = {
    isTarget: htu => htu === 'https://resource.example.org/protectedresource',
    token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
    jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    freshness: { nowMs: 1_562_262_620_000, maxAgeSeconds: 60, isNonce: undefined },
  }
  assert.equal(verdictOf(proof, example), 'holds')
  assert.equal(verdictOf(proof, { ...example, token: 'another' }), 'dpop.invalid ath')
})

describe('what RFC 9449 section 4.3 lists is refused', () => {
  const refused: readonly (readonly [string, string, Partial<ProofPlan>, Partial<ProofExpectation>?])[] = [
    ['DP-02 another type', 'dpop.invalid typ', { header: { typ: 'JWT' } }],
    ['DP-02 the type in another spelling', 'dpop.invalid typ', { header: { typ: 'DPOP+JWT' } }],
    ['DP-02 an algorithm that is not allowed', 'dpop.invalid alg', {}, { algorithms: new Set(['EdDSA']) }],
    ['DP-02 no key', 'dpop.invalid jwk: not an object', { header: { jwk: undefined } }],
    [
      'DP-02 a private key',
      'dpop.invalid jwk: private key',
      { header: { jwk: { ...KEY.privateKey.export({ format: 'jwk' }) } } },
    ],
    [
      'DP-02 a shared secret',
      'dpop.invalid jwk: shared secret',
      { header: { jwk: { kty: 'oct', k: Buffer.alloc(32).toString('base64url') } } },
    ],
    [
      'DP-02 a weak key',
      'dpop.invalid jwk: rsa key below 2048 bits',
      {
        header: { jwk: generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }) },
      },
    ],
    [
      'DP-02 a key that did not sign',
      'dpop.invalid signature',
      { header: { jwk: publicJwkOf(OTHER) } },
      { jkt: thumbprintOf(OTHER.publicKey) },
    ],
    [
      'a key that is neither the token’s nor did sign, which is not worth a look at the signature',
      'token.binding_mismatch jkt',
      { header: { jwk: publicJwkOf(OTHER) } },
    ],
    ['DP-03 another method', 'dpop.invalid htm', { method: 'POST' }],
    ['DP-03 the method in lower case', 'dpop.invalid htm', { method: 'get' }],
    ['DP-03 no method', 'dpop.invalid htm', { claims: { htm: undefined } }],
    ['DP-03 another target', 'dpop.invalid htu', { htu: 'https://other.example.com/orders/v1' }],
    ['DP-03 a list of targets', 'dpop.invalid htu', { claims: { htu: [HTU] } }],
    ['DP-03 no jti', 'dpop.invalid jti', { claims: { jti: undefined } }],
    ['DP-03 an empty jti', 'dpop.invalid jti', { claims: { jti: '' } }],
    ['DP-03 a jti that is a number', 'dpop.invalid jti', { claims: { jti: 7 } }],
    ['DP-03 no iat', 'dpop.invalid iat', { claims: { iat: undefined } }],
    ['DP-03 an iat that is text', 'dpop.invalid iat', { claims: { iat: String(NOW) } }],
    ['DP-03 an old one', 'dpop.invalid iat', { iat: NOW - 90 }],
    ['DP-03 one from the future', 'dpop.invalid iat', { iat: NOW + 31 }],
    ['an expired one', 'dpop.invalid exp', { claims: { exp: NOW - 30 } }],
    ['one that is not valid yet', 'dpop.invalid nbf', { claims: { nbf: NOW + 31 } }],
    ['DP-04 one for another token', 'dpop.invalid ath', { token: 'another' }],
    ['DP-04 one for no token', 'dpop.invalid ath', { claims: { ath: undefined } }],
    ['DP-04 the token itself for its hash', 'dpop.invalid ath', { claims: { ath: TOKEN } }],
    [
      'DP-04 the hash in plain base64',
      'dpop.invalid ath',
      { claims: { ath: createHash('sha256').update(TOKEN).digest('base64') } },
    ],
    [
      'DP-04 another key than the token’s',
      'token.binding_mismatch jkt',
      {},
      { jkt: thumbprintOf(createTestKey('ES256').publicKey) },
    ],
    ['an unknown critical parameter', 'dpop.invalid form: token.critical_unknown', { header: { b64: true } }],
  ]
  for (const [name, verdict, plan, changes] of refused) {
    test(name, async () => assert.equal(await judge(plan, changes), verdict))
  }

  test('DP-02 the algorithm none', () => {
    const claims = encode({ jti: 'x', htm: 'GET', htu: HTU, iat: NOW })
    const header = encode({ typ: 'dpop+jwt', alg: 'none', jwk: publicJwkOf(KEY) })
    assert.equal(verdictOf(`${header}.${claims}.`), 'dpop.invalid alg')
  })

  test('DP-02 a MAC made with the public key', async () => {
    const secret = Buffer.from(KEY.publicKey.export({ format: 'pem', type: 'spki' }))
    const proof = await signWithSecret({ jti: 'x' }, secret, { alg: 'HS256', typ: 'dpop+jwt', jwk: publicJwkOf(KEY) })
    assert.equal(verdictOf(proof), 'dpop.invalid alg')
  })

  test('DP-01 what is no compact JWT', async () => {
    const good = await makeProof(KEY, { htu: HTU, token: TOKEN, iat: NOW })
    for (const text of ['', 'x', 'a.b', `${good}.x`, `${good}, ${good}`, ` ${good}`, `${good}=`, 'A'.repeat(9_000)]) {
      assert.match(verdictOf(text), /^dpop\.invalid form: /, text.slice(0, 40))
    }
  })
})

test('clocks may differ by half a minute', async () => {
  assert.equal(await judge({ iat: NOW + 30 }), 'holds')
  assert.equal(await judge({ iat: NOW - 89 }), 'holds')
})

test('DP-09 where a nonce is asked for, one that is known is needed', async () => {
  const isNonce = (nonce: string): boolean => nonce === 'known'
  const freshness = { nowMs: NOW * 1000, maxAgeSeconds: 60, isNonce }
  assert.equal(await judge({ claims: { nonce: 'known' } }, { freshness }), 'holds')
  assert.equal(await judge({}, { freshness }), 'dpop.nonce_needed no nonce')
  assert.equal(await judge({ claims: { nonce: 'stale' } }, { freshness }), 'dpop.nonce_needed nonce not known')
  assert.equal(await judge({ claims: { nonce: ['known'] } }, { freshness }), 'dpop.nonce_needed nonce not known')
})
