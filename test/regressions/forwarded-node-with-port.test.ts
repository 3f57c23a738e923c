/**
 * Some proxies write the port of a hop into `X-Forwarded-For` (`203.0.113.9:4711`, `[2001:db8::1]:4711`). Made into `Forwarded`, the first
 * became `for="[203.0.113.9:4711]"`, an IPv6 node that is none, and the second `unknown` (RFC 7239 section 6).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddressSet } from '../../src/message/address.ts'
import { createForwarding } from '../../src/upstream/forwarded.ts'
import { makeExchange } from '../support/exchange.ts'

test('a hop keeps its address in Forwarded, and loses its port', () => {
  const forwarding = createForwarding(createAddressSet([{ kind: 'block', address: '127.0.0.0', prefix: 8 }]))
  const { head } = makeExchange({
    lines: ['X-Forwarded-For', '203.0.113.9:4711, [2001:db8::1]:4711, 2001:DB8::2, dead, 1.2.3.4.5'],
  })
  const out: string[] = []
  forwarding.append(out, head)
  const forwarded = out[out.indexOf('forwarded') + 1] ?? ''
  assert.deepEqual(
    forwarded.split(', ').map(element => element.split(';')[0]),
    ['for=203.0.113.9', 'for="[2001:db8::1]"', 'for="[2001:db8::2]"', 'for=unknown', 'for=unknown', 'for=127.0.0.1'],
  )
})
