import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { judgeTag, type Tagged, type TagVerdict } from '../../../src/settings/judge-tag.ts'
import { sayProblem, sourceOf } from '../../support/settings-tree.ts'

function judge(
  tag: string,
  text: string,
  at: number,
  tagged: Partial<Tagged>,
): { verdict: TagVerdict; said: string[] } {
  const origin = { source: sourceOf(text), start: at, end: text.length }
  const problems: Problem[] = []
  const verdict = judgeTag(tag, { kind: 'map', value: undefined, path: [], origin, ...tagged }, problem =>
    problems.push(problem),
  )
  return { verdict, said: problems.map(sayProblem) }
}

test('an auth server’s tag is fine on its entry only, and the map behind it is read in any case', () => {
  const path = ['security_settings', 'auth_servers', '0']
  assert.deepEqual(judge('authServerAlias', '!<authServerAlias> {}', 19, { path }), { verdict: 'fine', said: [] })
  assert.deepEqual(judge('authServerAlias', 'a: !<authServerAlias> {}', 22, { path: ['a'] }), {
    verdict: 'fine',
    said: ['config.tag test.yml:1:4+18 the tag `!<authServerAlias>` cannot stand here'],
  })
  assert.equal(
    judge('authServerAlias', '!<authServerAlias> x', 19, { path, kind: 'scalar', value: 'x' }).verdict,
    'failed',
  )
})

test('what stands behind another tag of the product is left out', () => {
  assert.equal(judge('!endpoint', 'a: !endpoint {}', 13, {}).verdict, 'leave-out')
})

test('an unknown tag is marked as it is written', () => {
  assert.deepEqual(judge('tag:yaml.org,2002:set', 'a: !!set {}', 9, {}), {
    verdict: 'fine',
    said: ['config.tag test.yml:1:4+5 the tag `!!set` is not known'],
  })
})
