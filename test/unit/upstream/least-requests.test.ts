import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLeastRequests } from '../../../src/upstream/least-requests.ts'
import { makeExchange } from '../../support/exchange.ts'
import { countUrls, makePlaces, makeStanding } from '../../support/places.ts'

const EXCHANGE = makeExchange()

test('the target with the fewest calls under way is chosen, equal ones in turn', () => {
  const places = makePlaces(['a', 'b', 'c'])
  const balancer = createLeastRequests(places, makeStanding())
  const chosen = Array.from({ length: 6 }, () => balancer.choose(EXCHANGE).state.url)
  assert.equal(chosen.join(''), 'abcabc')
  for (const [index, inFlight] of [3, 1, 2].entries()) {
    const place = places[index]
    if (place !== undefined) place.state.inFlight = inFlight
  }
  assert.equal(balancer.choose(EXCHANGE).state.url, 'b')
  assert.equal(balancer.choose(EXCHANGE, places[1]).state.url, 'c')
})

test('a target that is out is not chosen, however idle it is', () => {
  const places = makePlaces(['a', 'b'])
  for (const { state } of places) state.inFlight = state.url === 'b' ? 100 : 0
  assert.equal(createLeastRequests(places, makeStanding({ a: 0 })).choose(EXCHANGE).state.url, 'b')
})

test('a target that is coming back carries its share, under load and without', () => {
  const places = makePlaces(['a', 'b', 'c'])
  const idle = createLeastRequests(places, makeStanding({ c: 0.25 }))
  const counts = countUrls(Array.from({ length: 1200 }, () => idle.choose(EXCHANGE)))
  assert.ok((counts['c'] ?? 0) > 60 && (counts['c'] ?? 0) < 200, JSON.stringify(counts))
  const busy = createLeastRequests(places, makeStanding({ c: 0.25 }))
  for (let call = 0; call < 225; call++) busy.choose(EXCHANGE).state.inFlight += 1
  assert.ok(Math.abs((places[2]?.state.inFlight ?? 0) - 25) <= 2, JSON.stringify(places.map(p => p.state.inFlight)))
})

test('where every target but the one that failed is out, that one is chosen again', () => {
  const places = makePlaces(['a', 'b'])
  assert.equal(createLeastRequests(places, makeStanding({ b: 0 })).choose(EXCHANGE, places[0]).state.url, 'a')
})
