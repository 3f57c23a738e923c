import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_APPLICATION } from '../../../src/applications/application.ts'
import type { Exchange } from '../../../src/exchange/exchange.ts'
import type { HashKey } from '../../../src/settings/upstream-settings.ts'
import { createConsistentHash, readKey } from '../../../src/upstream/consistent-hash.ts'
import { makeExchange } from '../../support/exchange.ts'
import { makePlaces, makeStanding } from '../../support/places.ts'

const ADDRESS: HashKey = { kind: 'client_address' }
const from = (clientAddress: string): Exchange => makeExchange({ head: { clientAddress } })

test('one caller goes to one target', () => {
  const places = makePlaces(['a', 'b', 'c', 'd'])
  const balancer = createConsistentHash(ADDRESS, places, makeStanding())
  const seen = new Set(Array.from({ length: 50 }, () => balancer.choose(from('192.0.2.7'))))
  assert.equal(seen.size, 1)
  const all = new Set(Array.from({ length: 200 }, (_, i) => balancer.choose(from(`192.0.2.${i}`))))
  assert.equal(all.size, 4)
})

test('a second attempt goes elsewhere, and for one caller always to the same', () => {
  const places = makePlaces(['a', 'b', 'c', 'd'])
  const balancer = createConsistentHash(ADDRESS, places, makeStanding())
  const first = balancer.choose(from('192.0.2.7'))
  const second = new Set(Array.from({ length: 20 }, () => balancer.choose(from('192.0.2.7'), first)))
  assert.equal(second.size, 1)
  assert.ok(!second.has(first))
})

test('a target that is coming back gets its callers back one by one and keeps them', () => {
  const places = makePlaces(['a', 'b', 'c'])
  const homes = (share?: number) => {
    const balancer = createConsistentHash(ADDRESS, places, makeStanding(share === undefined ? {} : { a: share }))
    return Array.from({ length: 1000 }, (_, i) => balancer.choose(from(`caller ${i}`)).state.url)
  }
  const home = homes()
  let before = new Set<number>()
  for (const share of [0.1, 0.4, 0.7, 1]) {
    const now = homes(share)
    const back = new Set(now.flatMap((url, i) => (url === 'a' ? [i] : [])))
    for (const caller of before) assert.ok(back.has(caller), 'who is back stays')
    for (const [i, url] of now.entries()) if (home[i] !== 'a') assert.equal(url, home[i], 'nobody else moves')
    const expected = home.filter(url => url === 'a').length * share
    assert.ok(Math.abs(back.size - expected) < 60, `${back.size} of ${expected}`)
    before = back
  }
})

test('what is kept together is what settings say, else the client address', () => {
  const application = { ...DEFAULT_APPLICATION, id: 'app-1' }
  const claims = Object.assign(Object.create(null), { sub: 'alice' })
  const bare = makeExchange({ lines: ['X-Tenant', 'acme'], head: { clientAddress: '192.0.2.1' } })
  // Of a token only its claims are read.
  const known: Exchange = { ...bare, facts: { application, jwt: { claims } as NonNullable<Exchange['facts']['jwt']> } }
  const keys: readonly [HashKey, string, string][] = [
    [{ kind: 'client_address' }, '192.0.2.1', '192.0.2.1'],
    [{ kind: 'application' }, '192.0.2.1', 'app-1'],
    [{ kind: 'subject' }, '192.0.2.1', 'alice'],
    [{ kind: 'header', name: 'x-tenant' }, 'acme', 'acme'],
    [{ kind: 'header', name: 'x-other' }, '192.0.2.1', '192.0.2.1'],
  ]
  for (const [hashOn, withoutFacts, withFacts] of keys) {
    assert.equal(readKey(hashOn, bare), withoutFacts)
    assert.equal(readKey(hashOn, known), withFacts)
  }
})

test('a field that a policy sets or removes counts as the target gets it, whatever the caller sent', () => {
  const hashOn: HashKey = { kind: 'header', name: 'x-tenant' }
  const forged = makeExchange({ lines: ['X-Tenant', 'forged'], head: { clientAddress: '192.0.2.1' } })
  assert.equal(readKey(hashOn, { ...forged, edits: [{ set: 'X_Tenant', to: 'acme' }] }), 'acme')
  assert.equal(readKey(hashOn, { ...forged, edits: [{ remove: 'x-tenant' }] }), '192.0.2.1')
  assert.equal(readKey(hashOn, { ...forged, edits: [{ remove: 'x-tenant' }, { set: 'x-tenant', to: 'acme' }] }), 'acme')
  assert.equal(readKey(hashOn, { ...forged, edits: [{ set: 'x-other', to: 'acme' }] }), 'forged')
})
