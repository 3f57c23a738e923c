import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proxyFor, readProxyRules } from '../../../src/outbound/proxy-rules.ts'

const PROXY = 'http://proxy.test:3128'

function ask(url: string, environment: Readonly<Record<string, string>>): string | undefined {
  return proxyFor(new URL(url), readProxyRules(environment))
}

test('each scheme has its proxy, in lower or upper case; lower case wins', () => {
  assert.equal(ask('https://idp.test/', { HTTPS_PROXY: PROXY }), PROXY)
  assert.equal(ask('https://idp.test/', { HTTPS_PROXY: 'http://other', https_proxy: PROXY }), PROXY)
  assert.equal(ask('http://idp.test/', { http_proxy: PROXY }), PROXY)
  assert.equal(ask('https://idp.test/', { HTTP_PROXY: PROXY }), undefined)
  assert.equal(ask('https://idp.test/', { HTTPS_PROXY: '' }), undefined)
  assert.equal(ask('https://idp.test/', { HTTPS_PROXY: 'proxy.test:3128' }), PROXY)
  assert.equal(ask('https://idp.test/', {}), undefined)
})

test('NO_PROXY exempts hosts and what is below them, ports, addresses and blocks', () => {
  const isExempt = (url: string, no_proxy: string) =>
    ask(url, { https_proxy: PROXY, http_proxy: PROXY, no_proxy }) === undefined
  for (const [url, rule, expected] of [
    ['https://idp.test/', 'idp.test', true],
    ['https://IDP.test/', 'Idp.TEST', true],
    ['https://a.idp.test/', 'idp.test', true],
    ['https://a.idp.test/', '.idp.test', true],
    ['https://a.idp.test/', '*.idp.test', true],
    ['https://notidp.test/', 'idp.test', false],
    ['https://idp.test.evil/', 'idp.test', false],
    ['https://idp.test./', 'idp.test', true],
    ['https://a.idp.test/', 'idp.test.', true],
    ['https://idp.test/', 'idp.test:443', true],
    ['https://idp.test:8443/', 'idp.test:443', false],
    ['https://idp.test/', 'a.test, b.test idp.test', true],
    ['https://idp.test/', '*', true],
    ['https://idp.test/', ',, ,', false],
    ['https://10.1.2.3/', '10.0.0.0/8', true],
    ['https://11.1.2.3/', '10.0.0.0/8', false],
    ['https://10.1.2.3/', '10.1.2.3', true],
    ['https://[2001:db8::1]/', '2001:db8::/32', true],
    ['https://[2001:db8::1]/', '2001:db8::1', true],
    ['https://[2001:db8::1]/', '[2001:db8::1]', true],
    ['https://idp.test/', '10.0.0.0/99, x/y', false],
  ] as const) {
    assert.equal(isExempt(url, rule), expected, `${url} ${rule}`)
  }
})

test('this machine is reached without a proxy', () => {
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    assert.equal(ask(`https://${host}:8443/`, { https_proxy: PROXY }), undefined, host)
  }
})
