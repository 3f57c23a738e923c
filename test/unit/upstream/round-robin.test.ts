import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Place } from '../../../src/upstream/place.ts'
import { createRoundRobin } from '../../../src/upstream/round-robin.ts'
import { makeExchange } from '../../support/exchange.ts'
import { countUrls, makePlaces, makeStanding } from '../../support/places.ts'

const EXCHANGE = makeExchange()
const places = makePlaces(['a', 'b', 'c'])

function chooseMany(times: number, shares: Readonly<Record<string, number>> = {}, except?: Place): readonly Place[] {
  const balancer = createRoundRobin(places, makeStanding(shares))
  return Array.from({ length: times }, () => balancer.choose(EXCHANGE, except))
}

test('each target has its turn', () => {
  assert.equal(
    chooseMany(7)
      .map(({ state }) => state.url)
      .join(''),
    'abcabca',
  )
})

test('a target that is out has none, and the others share its turns evenly', () => {
  assert.deepEqual(countUrls(chooseMany(300, { a: 0 })), { b: 150, c: 150 })
})

test('a target that is coming back takes as many turns as its share says', () => {
  const { a = 0, b = 0, c = 0 } = countUrls(chooseMany(3000, { b: 0.25 }))
  assert.ok(Math.abs(b - a / 4) < 5, `${a} ${b} ${c}`)
  assert.ok(Math.abs(a - c) < 5, `${a} ${b} ${c}`)
})

test('targets that are all coming back take all turns', () => {
  assert.equal(chooseMany(100, { a: 0.01, b: 0.01, c: 0.01 }).length, 100)
})

test('second attempts do not disturb the turns', () => {
  const balancer = createRoundRobin(places, makeStanding())
  const [dead] = places
  const [firsts, seconds]: [Place[], Place[]] = [[], []]
  for (let i = 0; i < 30; i++) {
    const first = balancer.choose(EXCHANGE)
    firsts.push(first)
    if (first === dead) seconds.push(balancer.choose(EXCHANGE, first))
  }
  assert.deepEqual(countUrls(firsts), { a: 10, b: 10, c: 10 })
  assert.deepEqual(countUrls(seconds), { b: 5, c: 5 })
})

test('a target that just failed is chosen only where no other can be', () => {
  const [first] = places
  assert.deepEqual(countUrls(chooseMany(10, {}, first)), { b: 5, c: 5 })
  assert.deepEqual(countUrls(chooseMany(10, { b: 0, c: 0 }, first)), { a: 10 })
})
