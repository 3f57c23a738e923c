import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../../../src/diagnostics/problem.ts'
import { createLocator } from '../../../src/settings/locate.ts'
import type { MapNode } from '../../../src/settings/settings-node.ts'
import { treeOf } from '../../support/settings-tree.ts'

const TEXT = `name: sidecar
security_settings:
  auth_servers:
    - name: staff-idp
      localIntrospectionConfig: { issuer: x, jwksurl: y }
apis:
  - name: orders
    require: "'admin' in claim.roles"
`
const tree = treeOf(TEXT)
const lines = TEXT.split('\n')

function finding(pointer: string, rest: Partial<Finding> = {}): Finding {
  return { code: 'config.value', severity: 'error', message: 'odd', pointer, ...rest }
}

function marked(pointer: string, rest: Partial<Finding> = {}): string | undefined {
  const place = createLocator(tree).locate([finding(pointer, rest)])[0]?.place
  return place && lines[place.line - 1]?.slice(place.column - 1, place.column - 1 + place.length)
}

test('a value, its key, or a part of it is marked', () => {
  assert.equal(marked('/security_settings/auth_servers/0/name'), 'staff-idp')
  const pointer = '/security_settings/auth_servers/0/localIntrospectionConfig/jwksurl'
  assert.equal(marked(pointer, { atKey: true }), 'jwksurl')
  assert.equal(marked(pointer), 'y')
  assert.equal(marked('/apis/0/require', { range: [11, 16] }), 'claim')
})

test('of a block only its key is marked, of a list entry its first line', () => {
  assert.equal(marked('/security_settings/auth_servers'), 'auth_servers')
  assert.equal(marked('/security_settings/auth_servers/0/localIntrospectionConfig'), 'localIntrospectionConfig')
  assert.equal(marked('/apis/0'), 'name: orders')
  assert.equal(marked(''), 'name: sidecar')
})

test('where nothing is written the nearest ancestor is marked', () => {
  assert.equal(marked('/apis/0/upstream'), 'name: orders')
  assert.equal(marked('/apis/0/upstream/targets/3', { atKey: true }), 'name: orders')
  assert.equal(marked('/security_settings/keystores'), 'security_settings')
  assert.equal(marked('/nope', { range: [0, 3] }), 'name: sidecar')
  assert.equal(marked('/name/deeper', { range: [0, 1] }), 'sidecar')
})

test('second places are found too, and the rest of a finding is kept', () => {
  const [problem] = createLocator(tree).locate([
    finding('/apis/0/name', {
      label: 'here',
      help: 'do this',
      related: [{ pointer: '/security_settings/auth_servers/0/name', label: 'close', atKey: true }],
    }),
  ])
  assert.deepEqual(problem, {
    code: 'config.value',
    severity: 'error',
    message: 'odd',
    pointer: '/apis/0/name',
    place: { file: 'test.yml', line: 7, column: 11, length: 6 },
    label: 'here',
    help: 'do this',
    related: [{ place: { file: 'test.yml', line: 4, column: 7, length: 4 }, label: 'close' }],
  })
})

test('a value that failed before is not spoken of again', () => {
  const [entry] = [...tree.entries.values()]
  assert.ok(entry?.value.kind === 'scalar')
  const failed: MapNode = {
    ...tree,
    entries: new Map(tree.entries).set('name', { ...entry, value: { ...entry.value, failed: true } }),
  }
  assert.deepEqual(createLocator(failed).locate([finding('/name')]), [])
})

test('thousands of look-ups in a large file stay quick', () => {
  const text = `apis:\n${Array.from({ length: 3000 }, (_, index) => `  - name: api${index}\n    upstream: http://x\n`).join('')}`
  const locator = createLocator(treeOf(text))
  const findings = Array.from({ length: 3000 }, (_, index) => finding(`/apis/${index}/upstream`))
  const places = locator.locate(findings).map(problem => problem.place?.line)
  assert.deepEqual(places.slice(0, 2), [3, 5])
  assert.equal(places.at(-1), 6001)
})
