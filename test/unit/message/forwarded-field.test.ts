import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForwarded, trimSpace } from '../../../src/message/forwarded-field.ts'

test('FW-01 elements, parameters and quoted values are read, names in any case', () => {
  assert.deepEqual(
    parseForwarded(['For="[2001:db8::1]:80";PROTO=https;by=_x , for=10.0.0.1', 'for=unknown;host="a\\"b,;c"']),
    [
      { for: '[2001:db8::1]:80', proto: 'https', host: undefined },
      { for: '10.0.0.1', proto: undefined, host: undefined },
      { for: 'unknown', proto: undefined, host: 'a"b,;c' },
    ],
  )
  assert.deepEqual(parseForwarded(['', ' , ']), [])
})

test('FW-01 what does not follow the grammar is refused', () => {
  const refused = [
    'for',
    '=x',
    'for=',
    'for=a b',
    'for="a',
    'for="a"b',
    'for=a;for=b',
    'for=[::1]',
    'f r=a',
    'for=a:80',
    '"',
    'for="a\\',
  ]
  for (const text of refused) assert.equal(parseForwarded([text]), undefined, text)
})

test('optional white space is spaces and tabs, nothing else', () => {
  assert.equal(trimSpace(' \t a b\t '), 'a b')
  assert.equal(trimSpace('\ta'), 'a')
  assert.equal(trimSpace('\u00a0a'), '\u00a0a')
  assert.equal(trimSpace('  '), '')
})
