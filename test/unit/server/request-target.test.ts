import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ASTERISK, parseTarget } from '../../../src/server/request-target.ts'

function parse(target: string, method = 'GET'): unknown {
  const result = parseTarget(method, target)
  if (!result.ok) return result.error.code
  const { path, query, absolute } = result.value
  return [path, query, ...(absolute === undefined ? [] : [absolute.scheme, absolute.authority.authority])]
}

test('path and query are taken apart; the query passes unchanged', () => {
  assert.deepEqual(parse('/a/b'), ['/a/b', ''])
  assert.deepEqual(parse('/a?'), ['/a', '?'])
  assert.deepEqual(parse('/%41?b=%2f/../;?"<>{}|[]\\'), ['/A', '?b=%2f/../;?"<>{}|[]\\'])
})

test('H1-04 an absolute-form target brings its authority', () => {
  assert.deepEqual(parse('http://API.test:80/a?b'), ['/a', '?b', 'http', 'api.test:80'])
  assert.deepEqual(parse('HTTPS://api.test'), ['/', '', 'https', 'api.test'])
  assert.deepEqual(parse('http://api.test?b'), ['/', '?b', 'http', 'api.test'])
})

test('the asterisk is for OPTIONS alone', () => {
  assert.deepEqual(parse('*', 'OPTIONS'), [ASTERISK, ''])
  assert.deepEqual(parse('http://api.test', 'OPTIONS'), [ASTERISK, '', 'http', 'api.test'])
  assert.equal(parse('*'), 'request.malformed')
})

test('what names nothing, or two things, is refused', () => {
  for (const target of [
    '',
    'a',
    '?a',
    'ftp://a/',
    'http:/a',
    'http:///a',
    'http://u@a/',
    'http://a b/',
    '//a',
    'http://',
  ]) {
    assert.match(String(parse(target)), /^request\.(?:malformed|path_invalid)$/, target)
  }
  for (const target of [
    '/a#b',
    '/a?b#c',
    '/a?b c',
    '/a?\u00e4',
    '/a?\x7f',
    '/a?\0',
    'http://a/#',
    '/a/../b',
    'http://a//b',
  ]) {
    assert.equal(parse(target), 'request.path_invalid', target)
  }
})
