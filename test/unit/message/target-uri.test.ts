import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originOf, parseTargetUri } from '../../../src/message/target-uri.ts'

const write = (text: string): string | undefined => {
  const target = parseTargetUri(text)
  return target === undefined ? undefined : `${target.origin} ${target.path}`
}

test('DP-03 a target is compared in one form, without query and fragment', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['https://a.example/x', 'https://a.example /x'],
    ['HTTPS://A.Example/x', 'https://a.example /x'],
    ['https://a.example:443/x', 'https://a.example /x'],
    ['http://a.example:80/x', 'http://a.example /x'],
    ['https://a.example:80/x', 'https://a.example:80 /x'],
    ['https://a.example.:8443/x', 'https://a.example:8443 /x'],
    ['https://a.example', 'https://a.example /'],
    ['https://a.example?q=/y', 'https://a.example /'],
    ['https://a.example/x?q#f', 'https://a.example /x'],
    ['https://a.example/x#f?q', 'https://a.example /x'],
    ['https://[2001:DB8::1]:443/x', 'https://[2001:db8::1] /x'],
    ['https://a.example/%7Ex', 'https://a.example /~x'],
  ]
  for (const [text, form] of forms) assert.equal(write(text), form, text)
})

test('what is no plain http target has no form', () => {
  const texts = ['', '/x', 'a.example/x', '//a.example/x', 'ftp://a.example/x', 'https:/a.example/x', 'https:a.example']
  const odd = ['https://u@a.example/x', 'https:///x', 'https://a.example:0/x', 'https://a.example:x/', 'https://a b/x']
  const paths = ['/a/../b', '/a//b', '/a%2fb', '/a\\b', '/a b', '/\u00e9', '/%zz', '/a;b']
  for (const text of [...texts, ...odd, ...paths.map(path => `https://a.example${path}`)]) {
    assert.equal(write(text), undefined, text)
  }
})

test('the origin of a request is written alike', () => {
  assert.equal(originOf('https', 'a.example:443'), 'https://a.example')
  assert.equal(originOf('http', 'a.example:443'), 'http://a.example:443')
  assert.equal(originOf('https', ''), undefined)
})
