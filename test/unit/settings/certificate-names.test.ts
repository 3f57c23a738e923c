import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  canonicalFingerprint,
  parseAlternativeName,
  parseDistinguishedName,
} from '../../../src/settings/certificate-names.ts'

const nameOf = (parsed: ReturnType<typeof parseAlternativeName>): string | undefined =>
  parsed.ok ? parsed.value : undefined

test('DNS names and addresses have one form, other names are as they are', () => {
  const names: readonly (readonly [string, string | undefined])[] = [
    ['Billing.Example.com', 'billing.example.com'],
    ['*.Example.com', '*.example.com'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['192.0.2.7', '192.0.2.7'],
    ['spiffe://Example.com/Billing', 'spiffe://Example.com/Billing'],
    ['Billing@Example.com', 'Billing@Example.com'],
    ['', undefined],
    ['a b', undefined],
    ['a\u0000b', undefined],
  ]
  for (const [text, name] of names) assert.equal(nameOf(parseAlternativeName(text)), name, text)
})

test('a subject has the form of RFC 4514', () => {
  assert.equal(nameOf(parseDistinguishedName('cn=billing, o=Example')), 'CN=billing,O=Example')
  assert.equal(nameOf(parseDistinguishedName('/CN=billing')), undefined)
})

test('a fingerprint is compared without colons and case', () => {
  assert.equal(canonicalFingerprint('AB:cd:09'), 'abcd09')
})
