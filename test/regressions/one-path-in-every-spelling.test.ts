/**
 * `/items%3Acancel` was another path than `/items:cancel` for the route table, and the same one for nearly every server behind it: a
 * route that was closed for `:` could be reached through the open `/*` beside it (quality.md, security 2; threats.md 3.33, "stable
 * under re-encoding"). The canonical form now decodes every character that may stand raw in a path.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalPath } from '../../src/message/canonical-path.ts'
import { send } from '../support/call.ts'
import { openGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

test('a path is one path, whichever of its characters are escaped', () => {
  const characters = fc.constantFrom(..."azAZ09-_~!$&'()*+,=:@")
  const segment = fc.array(fc.tuple(characters, fc.constantFrom('raw', 'upper', 'lower')), {
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), segments => {
      const spell = (how: (character: string, spelling: string) => string): string =>
        `/${segments.map(parts => parts.map(([character, spelling]) => how(character, spelling)).join('')).join('/')}`
      const escaped = spell((character, spelling) => {
        if (spelling === 'raw') return character
        const hex = character.charCodeAt(0).toString(16)
        return `%${spelling === 'upper' ? hex.toUpperCase() : hex}`
      })
      assert.equal(
        canonicalPath(escaped),
        spell(character => character),
      )
    }),
  )
})

test('a closed route is closed in every spelling, and a base path is stripped in every spelling', async t => {
  const upstream = await startUpstream('ok')
  t.after(() => upstream.close())
  const { url } = await openGateway(t, {
    settings: `
apis:
  - name: open
    upstream: "${upstream.origin}"
    open: true
    routes:
      - { match: "ANY /items:cancel", policies: [ { require: "1 == 2" } ] }
      - { match: "ANY /*" }
  - { name: mail, base_path: "/a%40b", upstream: { targets: [ "${upstream.origin}" ], strip_base_path: true }, open: true }
`,
  })
  for (const path of ['/open/items:cancel', '/open/items%3Acancel', '/open/%69tems%3acance%6C']) {
    assert.equal((await send(url, { path })).status, 403, path)
  }
  assert.equal(upstream.requests.length, 0)
  for (const path of ['/a@b/x', '/a%40b/x']) assert.equal((await send(url, { path })).status, 200, path)
  assert.deepEqual(
    upstream.requests.map(({ url }) => url),
    ['/x', '/x'],
  )
})
