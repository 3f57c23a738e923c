import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createConsistentHash } from '../../src/upstream/consistent-hash.ts'
import { makeExchange } from '../support/exchange.ts'
import { countUrls, makePlaces, makeStanding } from '../support/places.ts'

const KEYS = Array.from({ length: 2_000 }, (_, i) => makeExchange({ head: { clientAddress: `caller-${i}` } }))
const targets = fc.uniqueArray(fc.webUrl({ validSchemes: ['http'] }), { minLength: 2, maxLength: 8 })

/** The target of each key, by URL. */
function placeKeys(urls: readonly string[], out: readonly string[] = []): readonly string[] {
  const standing = makeStanding(Object.fromEntries(out.map(url => [url, 0])))
  const balancer = createConsistentHash({ kind: 'client_address' }, makePlaces(urls), standing)
  return KEYS.map(exchange => balancer.choose(exchange).state.url)
}

test('where a target leaves, or is out, only its keys move, whatever the order of the others', () => {
  fc.assert(
    fc.property(targets, fc.nat(), (urls, pick) => {
      const gone = urls[pick % urls.length] as string
      const before = placeKeys(urls)
      const left = urls.filter(url => url !== gone)
      for (const after of [placeKeys(left), placeKeys(left.toReversed()), placeKeys(urls, [gone])]) {
        for (const [i, url] of after.entries()) {
          assert.notEqual(url, gone)
          if (before[i] !== gone) assert.equal(url, before[i])
        }
      }
    }),
    { numRuns: 20 },
  )
})

test('keys spread evenly over the targets, also those of one that is out', () => {
  fc.assert(
    fc.property(targets, urls => {
      const even = KEYS.length / urls.length
      const counts = countUrls(
        placeKeys(urls).map(url => makePlaces([url])[0] as ReturnType<typeof makePlaces>[number]),
      )
      for (const url of urls) {
        const count = counts[url] ?? 0
        assert.ok(Math.abs(count - even) < 6 * Math.sqrt(even), `${count} instead of ${even}`)
      }
    }),
    { numRuns: 30 },
  )
})
