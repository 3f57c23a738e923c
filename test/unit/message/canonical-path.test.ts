import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalPath } from '../../../src/message/canonical-path.ts'

test('a plain path is its own canonical form', () => {
  for (const path of ['/', '/a', '/a/', '/a/b.c', '/a/...', '/a/.b', '/a/b..', "/!$&'()*+,=:@-._~", '/A/a/0']) {
    assert.equal(canonicalPath(path), path)
  }
})

test('escapes of unreserved characters are decoded, all others are in upper case', () => {
  assert.equal(canonicalPath('/%41%7e%2D%5f'), '/A~-_')
  assert.equal(canonicalPath('/a%20b%3f%23'), '/a%20b%3F%23')
  assert.equal(canonicalPath('/%c3%bc/%e2%82%ac/%f0%9f%98%80'), '/%C3%BC/%E2%82%AC/%F0%9F%98%80')
  assert.equal(canonicalPath('/100%25'), '/100%25')
  assert.equal(canonicalPath('/%2525'.replace('%2525', '%25zz')), '/%25zz')
})

test('what has two readings has no canonical form', () => {
  const refused = [
    ['not absolute', '', 'a', 'http://a/', '*', '?', '%2Fa'],
    ['empty segments', '//', '//a', '/a//b', '/a//'],
    ['dot segments', '/.', '/..', '/a/./b', '/a/../b', '/a/.', '/a/..', '/../a', '/./'],
    ['encoded dots', '/%2e', '/%2E%2e/a', '/a/.%2e', '/a%2eb'],
    ['encoded separators', '/a%2fb', '/a%2Fb', '/%2f', '/a%5cb', '/a%5C'],
    ['backslashes', '/a\\b', '\\a', '/\\'],
    ['parameters', '/a;b', '/;', '/a%3bb', '/a%3B'],
    ['controls', '/a\0', '/a\r\nb', '/a\tb', '/a\x7f', '/a%00', '/a%0d%0a', '/a%1f', '/a%7f'],
    [
      'raw characters that a path has not',
      '/a b',
      '/a"',
      '/a<',
      '/a>',
      '/a^',
      '/a`',
      '/a{',
      '/a|',
      '/a}',
      '/a[',
      '/a]',
    ],
    ['query and fragment', '/a?b', '/a#b'],
    ['other than ASCII', '/ü', '/\u20ac', '/\ud800', '/\xff'],
    ['broken escapes', '/%', '/%a', '/%zz', '/a%2', '/%%41', '/%4'],
    ['hidden escapes', '/a%252fb', '/a%255Cb', '/a%252e', '/a%253b', '/a%2500', '/a%2525', '/a%25%32%46', '/%25%30%30'],
    ['escapes that are not UTF-8', '/%ff', '/%c0%af', '/%c1%81', '/%e0%80%af', '/%80', '/%c3', '/%c3a', '/%ed%a0%80'],
    ['escapes beyond Unicode', '/%f4%90%80%80', '/%f5%80%80%80', '/%f0%80%80%af', '/%e2%82', '/%f0%9f%98'],
  ]
  for (const [why, ...paths] of refused) {
    for (const path of paths) assert.equal(canonicalPath(path), undefined, `${why}: ${JSON.stringify(path)}`)
  }
})
