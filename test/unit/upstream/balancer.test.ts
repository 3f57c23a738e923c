import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBalancer } from '../../../src/upstream/balancer.ts'
import { makeExchange } from '../../support/exchange.ts'
import { countUrls, makePlaces, makeStanding } from '../../support/places.ts'
import { sampleUpstream } from '../../support/sample-upstream.ts'

test('settings choose the way to share', () => {
  const chosen = (balance: 'round_robin' | 'least_requests' | 'consistent_hash') => {
    const balancer = createBalancer(sampleUpstream({ balance }), makePlaces(['a', 'b', 'c']), makeStanding())
    return countUrls(
      Array.from({ length: 30 }, () => {
        const place = balancer.choose(makeExchange())
        if (place.state.url === 'a') place.state.inFlight += 1
        return place
      }),
    )
  }
  assert.deepEqual(chosen('round_robin'), { a: 10, b: 10, c: 10 })
  assert.equal(chosen('least_requests')['a'], 1)
  assert.deepEqual(Object.values(chosen('consistent_hash')), [30])
})

test('a single target is always the one, whatever is known of it', () => {
  const places = makePlaces(['a'])
  const balancer = createBalancer(sampleUpstream({ balance: 'consistent_hash' }), places, makeStanding({ a: 0 }))
  assert.equal(balancer.choose(makeExchange(), places[0]), places[0])
})

test('an upstream without targets is a defect', () => {
  assert.throws(() => createBalancer(sampleUpstream(), [], makeStanding()), TypeError)
})
