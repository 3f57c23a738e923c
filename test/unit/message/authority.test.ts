import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAuthority } from '../../../src/message/authority.ts'

test('host and port are read in lower case', () => {
  assert.deepEqual(parseAuthority('API.Test'), { authority: 'api.test', host: 'api.test', port: undefined })
  assert.deepEqual(parseAuthority('api.test:8080'), { authority: 'api.test:8080', host: 'api.test', port: 8080 })
  assert.deepEqual(parseAuthority('10.0.0.1:1'), { authority: '10.0.0.1:1', host: '10.0.0.1', port: 1 })
  assert.deepEqual(parseAuthority('[2001:DB8::1]:443'), {
    authority: '[2001:db8::1]:443',
    host: '2001:db8::1',
    port: 443,
  })
  assert.deepEqual(parseAuthority('[::1]'), { authority: '[::1]', host: '::1', port: undefined })
  assert.deepEqual(parseAuthority('a_b-c'), { authority: 'a_b-c', host: 'a_b-c', port: undefined })
})

test('an empty port and the dot behind a full name mean nothing', () => {
  assert.deepEqual(parseAuthority('api.test:'), { authority: 'api.test', host: 'api.test', port: undefined })
  assert.deepEqual(parseAuthority('api.test.:80'), { authority: 'api.test:80', host: 'api.test', port: 80 })
})

test('anything else is refused', () => {
  const refused = [
    ...[
      '',
      ' ',
      ':80',
      '.',
      '..',
      '.a',
      'a..b',
      'a.b..',
      'a b',
      ' a',
      'a ',
      'a/b',
      'a?b',
      'a#b',
      'u@a',
      'u:p@a',
      'a,b',
    ],
    ...['a:b', 'a:1:2', 'a:0', 'a:65536', 'a:99999', 'a:000080', 'a:+1', 'a:-1', 'a:1 ', 'a%2e', '%61', 'a;b', 'a*b'],
    ...[
      '[',
      ']',
      '[]',
      '[::1',
      '::1',
      '[::1]x',
      '[::1]:x',
      '[1.2.3.4]',
      '[fe80::1%25eth0]',
      '[v1.a]',
      'ü',
      'a\0',
      "a'b",
    ],
    'a'.repeat(256),
  ]
  for (const text of refused) assert.equal(parseAuthority(text), undefined, JSON.stringify(text))
})
