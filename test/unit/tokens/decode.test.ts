import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from '../../../src/tokens/decode.ts'

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const HEADER = { alg: 'RS256' }
const CLAIMS = { iss: 'https://idp.example', exp: 1 }
const compactOf = (header: unknown, claims: unknown = CLAIMS, signature = 'AAAA'): string =>
  `${encode(header)}.${encode(claims)}.${signature}`

function refusalOf(compact: string, maxBytes = 8192): unknown {
  const decoded = decodeJwt(compact, maxBytes)
  return decoded.ok ? 'decoded' : [decoded.error.code, Object.values(decoded.error.facts ?? {})[0]]
}

test('JWS-01: a compact JWT is decoded into header and claims, and stays unverified', () => {
  const compact = compactOf({ alg: 'RS256', kid: 'k1', typ: 'at+jwt', jku: 'https://evil.example', jwk: {} })
  assert.deepEqual(structuredClone(decodeJwt(compact, 8192)), {
    ok: true,
    value: {
      state: 'unverified',
      compact,
      header: { alg: 'RS256', kid: 'k1', typ: 'at+jwt' },
      unverifiedClaims: CLAIMS,
      issuer: 'https://idp.example',
    },
  })
})

test('a token above the size limit is refused before anything else', () => {
  assert.equal(decodeJwt(compactOf(HEADER), compactOf(HEADER).length).ok, true)
  assert.deepEqual(refusalOf('.'.repeat(101), 100), ['token.too_large', 101])
})

test('JWS-01, BCP-05: anything but three parts is refused, a JWE with five among them', () => {
  const [a = '', b, c] = compactOf(HEADER).split('.')
  for (const text of ['', a, `${a}.${b}`, `${a}.${b}.${c}.`, `.${a}.${b}.${c}`, `${a}.${b}.${c}.${a}.${b}`, '....'])
    assert.deepEqual(refusalOf(text), ['token.malformed', 'not three parts'], text)
})

test('JWS-02, BCP-16: a part that is not strict base64url is refused, the signature too', () => {
  const [a, b, c] = compactOf(HEADER).split('.')
  for (const text of [
    `${a}=.${b}.${c}`,
    `${a}.${b}==.${c}`,
    `${a}.${b}.${c} `,
    `${a}.${b}.AB`,
    `${a}.${b}.A+/A`,
    ` ${a}.${b}.${c}`,
  ])
    assert.deepEqual(refusalOf(text), ['token.malformed', 'not base64url'], text)
})

test('JWT-12: header and claims must be JSON objects', () => {
  assert.deepEqual(refusalOf(compactOf('[]')), ['token.malformed', 'header: not an object'])
  assert.deepEqual(refusalOf(compactOf('')), ['token.malformed', 'header: not json'])
  assert.deepEqual(refusalOf(compactOf(HEADER, 'null')), ['token.malformed', 'claims: not an object'])
  assert.deepEqual(refusalOf(compactOf(HEADER, '')), ['token.malformed', 'claims: not json'])
  assert.deepEqual(refusalOf(compactOf('{"alg":"RS256","alg":"none"}')), ['token.malformed', 'header: duplicate name'])
  assert.deepEqual(refusalOf(compactOf(HEADER, '{"iss":"a","iss":"b"}')), ['token.malformed', 'claims: duplicate name'])
  assert.deepEqual(refusalOf(compactOf(HEADER, compactOf(HEADER))), ['token.malformed', 'claims: not json'])
})

test('JWS-03: alg must be there, and alg, kid and typ are strings', () => {
  for (const [header, reason] of [
    [{}, 'header: alg'],
    [{ alg: null }, 'header: alg'],
    [{ alg: ['RS256'] }, 'header: alg'],
    [{ alg: 'RS256', kid: 1 }, 'header: kid'],
    [{ alg: 'RS256', kid: null }, 'header: kid'],
    [{ alg: 'RS256', kid: 'k'.repeat(1025) }, 'header: kid'],
    [{ alg: 'RS256', typ: {} }, 'header: typ'],
  ] as const)
    assert.deepEqual(refusalOf(compactOf(header)), ['token.malformed', reason])
})

test('JWS-04: crit is refused in every form, and so is what changes how a token is read', () => {
  for (const crit of [['exp'], [], null, 'exp', ['b64'], ['__proto__']])
    assert.deepEqual(refusalOf(compactOf({ ...HEADER, crit })), ['token.critical_unknown', 'crit'])
  assert.deepEqual(refusalOf(compactOf({ ...HEADER, b64: false })), ['token.critical_unknown', 'b64'])
  assert.deepEqual(refusalOf(compactOf({ alg: 'dir', enc: 'A128GCM' })), ['token.critical_unknown', 'enc'])
  assert.deepEqual(refusalOf(compactOf({ ...HEADER, zip: 'DEF' })), ['token.critical_unknown', 'zip'])
})

test('JWT-11: an unsecured JWT is decoded, for the verifier to refuse', () => {
  const decoded = decodeJwt(compactOf({ alg: 'none' }, CLAIMS, ''), 8192)
  assert.equal(decoded.ok && decoded.value.header.alg, 'none')
})

test('JWT-04: an issuer that is not a string is none', () => {
  for (const iss of [1, null, ['https://idp.example'], { a: 1 }]) {
    const decoded = decodeJwt(compactOf(HEADER, { iss }), 8192)
    assert.equal(decoded.ok && decoded.value.issuer, undefined)
  }
})
