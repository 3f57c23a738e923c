/** Architecture D.1: swapping at a random moment never mixes two revisions in one exchange. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { send } from '../support/call.ts'
import { openGateway, type TestGateway } from '../support/gateway.ts'
import { makePasswordHash } from '../support/password-hash.ts'
import { startUpstream } from '../support/upstream.ts'

interface World {
  readonly running: TestGateway
  settings(revision: number): string
}

/**
 * A revision is told by what a policy found (the application) and by where the upstream was asked (its path). The check of a
 * password between the two takes its time: each revision has other users, so that none is remembered.
 */
async function openWorld(t: TestContext): Promise<World> {
  const upstream = await startUpstream((request, response) => {
    setImmediate(() => response.end(request.url))
  })
  t.after(() => upstream.close())
  const hash = makePasswordHash('secret')
  const settings = (revision: number): string => `
name: revision-${revision}
users: [ { name: alice, password_hash: "${hash}" }, { name: user-${revision % 3}, password_hash: "${hash}" } ]
applications:
  - { id: app-${revision}, name: app-${revision}, apis: [ orders ], identifiers: { users: [ alice ], api_keys: [ key-${revision} ] } }
apis:
  - name: orders
    upstream: "${upstream.origin}/revision-${revision}"
    policies: [ identify_and_authorize: { rules: [ { http_basic: {} }, { api_key: {} } ] } ]
`
  return { running: await openGateway(t, { settings: settings(0) }), settings }
}

async function change({ running, settings }: World, revision: number): Promise<void> {
  assert.notEqual((await running.reload(settings(revision))).result, 'refused')
}

/** Makes a call and says which revisions judged and forwarded it; undefined where it was refused. */
async function judge({ running }: World, call: { readonly basic?: string; readonly apiKey?: string }): Promise<void> {
  const answer = await send(running.url, { path: '/orders/1', ...call })
  const record = await running.recordOf(answer.field('x-request-id') ?? null)
  if (answer.status === 401) {
    // Only a key of another revision is wrong.
    assert.equal(call.basic, undefined)
    return
  }
  assert.equal(answer.status, 200, answer.body)
  const application = String(record['microgateway.application'])
  assert.equal(answer.body, `${application.replace('app', '/revision')}/orders/1`)
  if (call.apiKey !== undefined) assert.equal(application, call.apiKey.replace('key', 'app'))
}

type Step =
  | { readonly kind: 'reload' }
  | { readonly kind: 'basic' }
  | { readonly kind: 'key'; readonly ahead: number }
  | { readonly kind: 'turns'; readonly count: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'reload' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'basic' }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant<'key'>('key'), ahead: fc.integer({ min: -1, max: 1 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant<'turns'>('turns'), count: fc.integer({ min: 1, max: 20 }) }) },
)

test('whenever settings change, one exchange is judged and forwarded by one revision', async t => {
  const world = await openWorld(t)
  let revision = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async steps => {
      const work: Promise<unknown>[] = []
      for (const one of steps) {
        if (one.kind === 'turns') for (let i = 0; i < one.count; i++) await turn()
        else if (one.kind === 'basic') work.push(judge(world, { basic: 'alice:secret' }))
        else if (one.kind === 'key') work.push(judge(world, { apiKey: `key-${revision + one.ahead}` }))
        else {
          revision += 1
          work.push(change(world, revision))
        }
      }
      await Promise.all(work)
      const name = world.running.gateway.settings().name
      assert.equal(name, `revision-${revision}`)
    }),
    { numRuns: 12 },
  )
})
