import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../../../src/tokens/jwt.ts'
import { parseRevocation } from '../../../src/tokens/revocation-entry.ts'
import { schemaFindings, settingsOf } from '../../support/settings-document.ts'

const AT = '2026-11-22T10:00:00Z'
const LONG = 'x'.repeat(256)

/** Entries of both kinds, right and wrong in every way that one place could see and the other not. */
const ENTRIES: readonly JsonValue[] = [
  { auth_server: 'idp', jti: 'a' },
  { auth_server: 'idp', jti: LONG },
  { auth_server: 'idp', jti: `${LONG}x` },
  { auth_server: 'idp', jti: '' },
  { auth_server: 'idp', jti: 7 },
  { auth_server: 'idp', jti: 'a', exp: 1_795_345_200 },
  { auth_server: 'idp', jti: 'a', exp: 1.5 },
  { auth_server: 'idp', jti: 'a', exp: -1 },
  { auth_server: 'idp', jti: 'a', exp: 253_402_300_800 },
  { auth_server: 'idp', jti: 'a', exp: AT },
  { auth_server: 'idp', jti: 'a', until: AT },
  { auth_server: 'idp', jti: 'a', until: '2026-11-22' },
  { auth_server: 'idp', jti: 'a', until: 7 },
  { auth_server: 'idp', jti: 'a', value: 'x' },
  { auth_server: 'idp', jti: 'a', before: AT },
  { auth_server: 'idp', jti: 'a', note: 'x' },
  { auth_server: 'idp' },
  { jti: 'a' },
  { auth_server: 'idp', claim: 'sub', value: 'alice', before: AT },
  { auth_server: 'idp', claim: 'sub', value: 7, before: AT },
  { auth_server: 'idp', claim: 'sub', value: -0.5, before: AT },
  { auth_server: 'idp', claim: 'sub', value: true, before: AT, until: AT },
  { auth_server: 'idp', claim: 'a.b', value: LONG, before: AT },
  { auth_server: 'idp', claim: 'sub', value: `${LONG}x`, before: AT },
  { auth_server: 'idp', claim: 'sub', value: '', before: AT },
  { auth_server: 'idp', claim: 'sub', value: [], before: AT },
  { auth_server: 'idp', claim: '', value: 'a', before: AT },
  { auth_server: 'idp', claim: 'sub', before: AT },
  { auth_server: 'idp', claim: 'sub', value: 'a' },
  { auth_server: 'idp', claim: 'sub', value: 'a', before: AT, exp: 1 },
  { auth_server: 'idp', claim: 'sub', value: 'a', before: AT, jti: 'a' },
  { auth_server: 'idp', value: 'a', before: AT },
]

test('the settings take the entries that every other deny list takes, and read them as the same', () => {
  for (const entry of ENTRIES) {
    const parsed = parseRevocation(entry)
    const text = JSON.stringify({ security_settings: { revocations: [entry] } })
    const errors = schemaFindings(text).filter(({ severity }) => severity === 'error')
    assert.equal(errors.length === 0, parsed.ok, text)
    if (parsed.ok) assert.deepEqual(settingsOf(text).revocations, [parsed.value])
  }
})

test('a list has its defaults, and is none where none is written', () => {
  assert.equal(settingsOf('name: x').revocationList, undefined)
  assert.deepEqual(settingsOf('security_settings: { revocation_list: { url: "https://a/b" } }').revocationList, {
    url: 'https://a/b',
    intervalMs: 30_000,
    timeoutMs: 5_000,
    maxBytes: 1_048_576,
    pointer: '/security_settings/revocation_list',
  })
})
