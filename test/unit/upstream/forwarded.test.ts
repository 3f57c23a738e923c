import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createForwarding } from '../../../src/upstream/forwarded.ts'
import type { ExchangePlan } from '../../support/exchange.ts'
import { makeExchange } from '../../support/exchange.ts'

const writer = createForwarding({ has: address => address.startsWith('10.') })

function written(plan: ExchangePlan): Record<string, string> {
  const out: string[] = []
  writer.append(out, makeExchange(plan).head)
  const fields: Record<string, string> = {}
  for (let i = 0; i < out.length; i += 2) fields[out[i] as string] = out[i + 1] as string
  return fields
}

describe('the forwarding fields of a direct caller', () => {
  it('FW-06 tell its address, scheme, host and port in both families', () => {
    assert.deepEqual(written({ peer: { address: '192.0.2.7' } }), {
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'api.example.com',
      'x-forwarded-port': '80',
      forwarded: 'for=192.0.2.7;host=api.example.com;proto=http',
    })
  })

  it('FW-03 put IPv6 in brackets and quotes, and quote a host with a port', () => {
    const fields = written({ peer: { address: '2001:db8::1' }, head: { authority: '[::1]:8443', scheme: 'https' } })
    assert.equal(fields['x-forwarded-for'], '2001:db8::1')
    assert.equal(fields['x-forwarded-port'], '8443')
    assert.equal(fields['forwarded'], 'for="[2001:db8::1]";host="[::1]:8443";proto=https')
  })

  it('know the port of a scheme where the caller named none', () => {
    assert.equal(written({ head: { scheme: 'https' } })['x-forwarded-port'], '443')
    assert.equal(written({ head: { authority: '[::1]' } })['x-forwarded-port'], '80')
  })

  it('ignore what it says about earlier hops', () => {
    const lines = ['X-Forwarded-For', '6.6.6.6', 'Forwarded', 'for=6.6.6.6', 'X-Forwarded-Host', 'evil.example']
    assert.equal(JSON.stringify(written({ lines })).includes('6.6.6.6'), false)
    assert.equal(JSON.stringify(written({ lines })).includes('evil'), false)
  })

  it('follow the host and scheme of each request of one connection', () => {
    const { head } = makeExchange()
    const out: string[] = []
    writer.append(out, head)
    writer.append(out, { ...head, authority: 'b.example' })
    writer.append(out, { ...head, scheme: 'https' })
    assert.deepEqual(
      out.filter((_, i) => out[i - 1] === 'forwarded'),
      [
        'for=127.0.0.1;host=api.example.com;proto=http',
        'for=127.0.0.1;host=b.example;proto=http',
        'for=127.0.0.1;host=api.example.com;proto=https',
      ],
    )
  })
})

describe('the forwarding fields behind a trusted proxy', () => {
  const peer = { address: '10.0.0.1' }
  const head = { clientAddress: '192.0.2.7', scheme: 'https' } as const

  it('FW-01 append our hop to both families', () => {
    const lines = [
      'X-Forwarded-For',
      '192.0.2.7',
      'X-Forwarded-For',
      '10.0.0.9',
      'X-Forwarded-Host',
      'shop.example',
      'X-Forwarded-Port',
      '8443',
      'Forwarded',
      'for=192.0.2.7;proto=https',
      'Forwarded',
      'for=10.0.0.9',
    ]
    assert.deepEqual(written({ lines, peer, head }), {
      'x-forwarded-for': '192.0.2.7, 10.0.0.9, 10.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-port': '8443',
      forwarded: 'for=192.0.2.7;proto=https, for=10.0.0.9, for=10.0.0.1;host=api.example.com;proto=http',
    })
  })

  it('make Forwarded from X-Forwarded-For where the proxy wrote only that', () => {
    const lines = ['X-Forwarded-For', '192.0.2.7, 2001:db8::5, "><script>']
    assert.equal(
      written({ lines, peer, head })['forwarded'],
      'for=192.0.2.7;host=api.example.com;proto=https, for="[2001:db8::5]", for=unknown, for=10.0.0.1;host=api.example.com;proto=http',
    )
  })

  it('make X-Forwarded-For from the client address where the proxy wrote only Forwarded', () => {
    const fields = written({ lines: ['Forwarded', 'for=192.0.2.7'], peer, head })
    assert.equal(fields['x-forwarded-for'], '192.0.2.7, 10.0.0.1')
    assert.equal(fields['forwarded'], 'for=192.0.2.7, for=10.0.0.1;host=api.example.com;proto=http')
  })

  it('begin with the proxy itself where it says nothing', () => {
    const fields = written({ peer })
    assert.equal(fields['x-forwarded-for'], '10.0.0.1')
    assert.equal(fields['forwarded'], 'for=10.0.0.1;host=api.example.com;proto=http')
  })
})
