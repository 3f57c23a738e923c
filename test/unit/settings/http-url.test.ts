import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isClearTextToElsewhere, parseBaseUrl, parseHttpUrl, parseUpstream } from '../../../src/settings/http-url.ts'

test('a URL is absolute, http or https, and carries no secret and no fragment', () => {
  for (const text of ['https://idp.example.com/certs?x=1', 'http://127.0.0.1:8080', 'HTTPS://Example.com']) {
    assert.ok(parseHttpUrl(text).ok, text)
  }
  const wrong = [
    '',
    'idp.example.com',
    'ftp://x',
    '//x/y',
    'https://',
    'https://user:pw@x/',
    'https://x/#y',
    'https://a b/',
    'https://x\\y',
  ]
  for (const text of wrong) assert.equal(parseHttpUrl(text).ok, false, text)
})

test('a base URL has no query', () => {
  assert.ok(parseBaseUrl('https://x/y').ok)
  assert.equal(parseBaseUrl('https://x/y?z').ok, false)
})

test('an upstream is a base URL or the built-in echo service', () => {
  assert.deepEqual(parseUpstream('builtin:echo'), { ok: true, value: 'echo' })
  assert.ok(parseUpstream('http://127.0.0.1:8080').ok)
  const unknown = parseUpstream('builtin:ehco')
  assert.ok(!unknown.ok && unknown.message.includes('no built-in service'))
  const bare = parseUpstream('127.0.0.1:8080/x')
  assert.ok(!bare.ok && bare.help === 'write `http://127.0.0.1:8080/x`')
})

test('http to another machine is in the clear', () => {
  assert.ok(isClearTextToElsewhere(new URL('http://idp.example.com')))
  for (const url of ['https://idp.example.com', 'http://127.0.0.1', 'http://[::1]:1', 'http://localhost']) {
    assert.ok(!isClearTextToElsewhere(new URL(url)), url)
  }
})
