import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalName } from '../../../src/message/distinguished-name.ts'

test('two spellings of one name read alike', () => {
  const spellings: readonly (readonly [string, string])[] = [
    ['CN=orders,O=Example,C=DE', 'CN=orders,O=Example,C=DE'],
    ['cn=orders, o=Example , c = DE', 'CN=orders,O=Example,C=DE'],
    ['CN=a\\, b', 'CN=a\\, b'],
    ['CN=a\\2C b', 'CN=a\\, b'],
    ['CN=\\C3\\A9', 'CN=é'],
    ['CN=\\ a\\ ', 'CN=\\ a\\ '],
    ['CN=\\20a', 'CN=\\ a'],
    ['CN=\\#a', 'CN=\\#a'],
    ['CN=\\ ', 'CN=\\ '],
    ['CN= \\  ', 'CN=\\ '],
    ['CN=\\\\ ', 'CN=\\\\'],
    ['OU=b+CN=a', 'CN=a+OU=b'],
    ['1.2.3.4=x', '1.2.3.4=x'],
    ['CN=', 'CN='],
    ['CN=a=b', 'CN=a=b'],
  ]
  for (const [text, name] of spellings) assert.equal(canonicalName(text), name, text)
})

test('order of parts and case of values count', () => {
  assert.notEqual(canonicalName('CN=a,O=b'), canonicalName('O=b,CN=a'))
  assert.notEqual(canonicalName('CN=a'), canonicalName('CN=A'))
})

test('what only looks like a space is a part of the value', () => {
  for (const blank of ['\u00a0', '\u2003', '\u3000', '\ufeff']) {
    for (const value of [`${blank}admin`, `admin${blank}`]) assert.equal(canonicalName(`CN=${value}`), `CN=${value}`)
    assert.equal(canonicalName(`${blank}CN=admin`), undefined)
  }
})

test('no two values read alike', () => {
  const characters = fc.constantFrom(' ', '\\', ',', '+', '#', '"', '=', 'a', '2', '0', '\u00a0', '\n')
  const value = fc.string({ unit: characters, maxLength: 5 })
  // As OpenSSL writes a value of a certificate (ASN1_STRFLGS_ESC_2253 and ESC_CTRL).
  const write = (text: string): string =>
    text
      .replaceAll(/[,+"\\<>;]/g, '\\$&')
      .replaceAll('\n', '\\0A')
      .replace(/(?<=.) $/, '\\ ')
      .replace(/^[ #]/, '\\$&')
  fc.assert(
    fc.property(value, value, (a, b) => {
      assert.equal(canonicalName(`CN=${write(a)}`) === canonicalName(`CN=${write(b)}`), a === b)
    }),
    { numRuns: 5_000 },
  )
})

test('what is no name in this form has none', () => {
  for (const text of ['', '/CN=a', 'a', 'CN=a,', 'CN=a,,O=b', '=a', 'CN=a\\', 'CN="a"', 'CN=a;O=b', 'C N=a'])
    assert.equal(canonicalName(text), undefined, text)
})

test('the form is its own form, and reading never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), value => {
      const name = canonicalName(`CN=${value}`)
      if (name !== undefined) assert.equal(canonicalName(name), name)
    }),
    { numRuns: 2_000 },
  )
})
