import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MOST_CLAIMS } from '../../../src/settings/revocation-settings.ts'
import type { JsonValue } from '../../../src/tokens/jwt.ts'
import {
  hasFewClaims,
  LATEST_EXP,
  MOST_TEXT_LENGTH,
  parseRevocation,
  parseRevocationDocument,
} from '../../../src/tokens/revocation-entry.ts'

const JTI = { auth_server: 'idp', jti: 'a' }
const CLAIM = { auth_server: 'idp', claim: 'sub', value: 'secret-name', before: '2026-01-01T00:00:00Z' }

function faultOf(entry: JsonValue): string {
  const parsed = parseRevocation(entry)
  return parsed.ok ? 'fine' : parsed.error
}

test('an entry is a `jti`, or a claim with a value and a time', () => {
  assert.deepEqual(parseRevocation({ ...JTI, exp: 10, until: '1970-01-01T00:00:01Z' }), {
    ok: true,
    value: { authServer: 'idp', tokens: { kind: 'jti', jti: 'a', exp: 10 }, untilMs: 1000 },
  })
  assert.deepEqual(parseRevocation({ ...CLAIM, value: false, before: '1970-01-01T01:00:01.0001+01:00' }), {
    ok: true,
    value: {
      authServer: 'idp',
      tokens: { kind: 'claim', claim: 'sub', value: false, beforeMs: 1001 },
      untilMs: undefined,
    },
  })
})

test('what is not exactly an entry is none, and the reason repeats no value', () => {
  const long = 'x'.repeat(MOST_TEXT_LENGTH + 1)
  for (const entry of [
    null,
    'a',
    [JTI],
    { auth_server: 'idp' },
    { ...JTI, ...CLAIM },
    { ...JTI, only_after: 5 },
    { ...CLAIM, exp: 5 },
    { jti: 'a' },
    { ...JTI, auth_server: '' },
    { ...JTI, jti: 7 },
    { ...JTI, jti: '' },
    { ...JTI, jti: long },
    { ...JTI, exp: '10' },
    { ...JTI, exp: -1 },
    { ...JTI, exp: 1.5 },
    { ...JTI, exp: LATEST_EXP + 1 },
    { ...JTI, until: 'tomorrow' },
    { ...JTI, until: 1000 },
    { ...CLAIM, value: null },
    { ...CLAIM, value: ['secret-name'] },
    { ...CLAIM, value: long },
    { ...CLAIM, before: '2026-01-01' },
    { auth_server: 'idp', claim: 'sub', value: 'secret-name' },
  ] satisfies readonly JsonValue[]) {
    const fault = faultOf(entry)
    assert.notEqual(fault, 'fine', JSON.stringify(entry))
    assert.ok(!/secret-name|tomorrow|only_after|xxx/.test(fault), fault)
  }
})

test('a document with one wrong entry is wrong as a whole, and its place is told', () => {
  const parse = (document: unknown) => parseRevocationDocument(Buffer.from(JSON.stringify(document)), 3)
  assert.equal(parse({ revocations: [] }).ok, true)
  const refused = [
    { revocations: [JTI, CLAIM, { ...JTI, jti: 7 }] },
    { revocations: [JTI, JTI, JTI, JTI] },
    { revocations: {} },
    { revocations: [], next: '/2' },
    { entries: [] },
    [],
  ].map(parse)
  assert.deepEqual(
    refused.map(parsed => (parsed.ok ? 'fine' : parsed.error)),
    [
      'entry 3: `jti` must be a text of 1 to 256 characters',
      'more than 3 entries',
      'not `{ "revocations": [ … ] }`',
      'not `{ "revocations": [ … ] }`',
      'not `{ "revocations": [ … ] }`',
      'not an object',
    ],
  )
  const twice = Buffer.from('{"revocations":[{"auth_server":"idp","jti":"a","jti":"b"}]}')
  assert.deepEqual(parseRevocationDocument(twice, 3), { ok: false, error: 'duplicate name' })
})

test('no list names more claims than every token can be looked at for', () => {
  const entries = Array.from({ length: MOST_CLAIMS + 1 }, (_, i) => parseRevocation({ ...CLAIM, claim: `claim-${i}` }))
  const all = entries.flatMap(entry => (entry.ok ? [entry.value] : []))
  assert.equal(hasFewClaims(all), false)
  assert.equal(hasFewClaims(all.slice(1)), true)
})
