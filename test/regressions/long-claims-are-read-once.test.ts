/**
 * A token that nobody has verified yet chooses among HMAC keys by its claims. One whose `sub` was a list of 2,000 names of
 * applications made the search read that list again for each of them: 85 ms of the event loop for a forged token (quality.md F11:
 * 1 ms). Every claim is read once now.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClaimSetIndex } from '../../src/applications/claim-set-index.ts'
import { compileClaimSet } from '../../src/applications/claim-sets.ts'

test('a list of many names is read once, however many claim sets it meets', () => {
  const names = Array.from({ length: 2_000 }, (_, i) => `app-${i}`)
  const index = createClaimSetIndex(
    names.map(name => ({ owner: name, rule: compileClaimSet({ sub: name, tenant: 'acme' }) })),
  )
  let reads = 0
  const sub = new Proxy(names, {
    get(target, member, receiver) {
      reads += 1
      return Reflect.get(target, member, receiver)
    },
  })
  const found: string[] = []
  const visit = ({ owner }: { readonly owner: string }): boolean => found.push(owner) > 0
  index.forEachMatch({ sub, tenant: 'other' }, visit)
  assert.deepEqual(found, [])
  index.forEachMatch({ sub, tenant: 'acme' }, visit)
  assert.equal(found.length, names.length)
  assert.ok(reads < 10 * names.length, `${reads} reads`)
})
