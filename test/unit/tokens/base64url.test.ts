import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBase64url, isBase64url } from '../../../src/tokens/base64url.ts'

test('JWS-02: base64url of any length decodes to its octets', () => {
  for (const [text, octets] of [
    ['', []],
    ['AA', [0]],
    ['_w', [255]],
    ['AQI', [1, 2]],
    ['-_-_', [251, 255, 191]],
  ] as const)
    assert.deepEqual([...(decodeBase64url(text) ?? [])], [...octets])
})

test('JWS-02: padding, whitespace, standard base64 and every other character are refused', () => {
  for (const text of [
    'AA==',
    'AA=',
    'A A',
    'AA\n',
    ' AA',
    '+A',
    '/A',
    'AA.',
    'A\u0000',
    'ÄÄ',
    'A\u{1F600}',
    'AÁ',
    '\u0141A',
  ])
    assert.equal(decodeBase64url(text), undefined, JSON.stringify(text))
})

test('JWS-02: a length that no octets have is refused', () => {
  for (const text of ['A', 'AAAAA', 'AAAAAAAAA']) assert.equal(isBase64url(text), false, text)
})

test('JWS-02: loose last bits are refused, so that no two texts mean the same octets', () => {
  assert.ok(isBase64url('YQ'))
  for (const text of ['YR', 'YS', 'YZ', 'Yf', 'AQJ', 'AQK', 'AQL']) assert.equal(isBase64url(text), false, text)
})
