import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { mergeDocuments, mergeLayers } from '../../../src/settings/merge.ts'
import { toPlain } from '../../../src/settings/settings-node.ts'
import { placeOf } from '../../../src/settings/source-text.ts'
import { sayProblem, scalarAt, shapesFrom, treeOf, treesOf } from '../../support/settings-tree.ts'

const parts = {
  schemaAt: shapesFrom({
    'users.*': 'object|name,password',
    'apis.*': 'object|name,version,upstream,hosts,policies',
    'apis.*.policies.*': 'object|jwt',
    'security_settings.auth_servers.*': 'object|id,name,issuer',
    'sets.*': 'object|',
  }),
  textOf: (node: { written: string }) => node.written,
}

function layers(...texts: string[]): unknown {
  const [first, ...rest] = texts.map((text, index) => treeOf(text, `${index}.yml`))
  assert.ok(first)
  return plain(rest.reduce((earlier, later) => mergeLayers(earlier, later, parts), first))
}

function plain(tree: Parameters<typeof toPlain>[0] | undefined): unknown {
  return tree === undefined ? undefined : JSON.parse(JSON.stringify(toPlain(tree)))
}

function documents(...texts: string[]): { value: unknown; problems: Problem[] } {
  const problems: Problem[] = []
  const trees = texts.flatMap((text, index) => treesOf(text, `${index}.yml`))
  return { value: plain(mergeDocuments(trees, parts, problems)), problems }
}

test('of two layers the later one wins, key by key', () => {
  assert.deepEqual(layers('ports: { http: 1, https: 2 }\nname: a\n', 'ports: { http: 3 }\n'), {
    ports: { http: 3, https: 2 },
    name: 'a',
  })
})

test('lists of named things are joined by name, in the order of the first', () => {
  const value = layers(
    'users: [ { name: a, password: 1 }, { name: b } ]\n',
    'users: [ { name: c }, { name: a, password: 2 } ]\n',
  )
  assert.deepEqual(value, { users: [{ name: 'a', password: 2 }, { name: 'b' }, { name: 'c' }] })
})

test('the id decides if both have one, so that an entry can be renamed', () => {
  const base = 'security_settings: { auth_servers: [ { id: 1, name: a, issuer: i }, { name: b } ] }\n'
  assert.deepEqual(
    layers(base, 'security_settings: { auth_servers: [ { id: 1, name: new }, { id: 2, name: b } ] }\n'),
    {
      security_settings: {
        auth_servers: [
          { id: 1, name: 'new', issuer: 'i' },
          { name: 'b', id: 2 },
        ],
      },
    },
  )
})

test('APIs are one thing only if name and version are the same', () => {
  const base = 'apis: [ { name: o, version: "1", upstream: a }, { name: o, version: "2", upstream: b } ]\n'
  assert.deepEqual(layers(base, 'apis: [ { name: o, version: "2", upstream: c }, { name: o, upstream: d } ]\n'), {
    apis: [
      { name: 'o', version: '1', upstream: 'a' },
      { name: 'o', version: '2', upstream: 'c' },
      { name: 'o', upstream: 'd' },
    ],
  })
})

test('lists without names are replaced whole, claim sets with a claim called name too', () => {
  assert.deepEqual(
    layers('hosts: [ a, b ]\nsets: [ { name: x, a: 1 } ]\n', 'hosts: [ c ]\nsets: [ { name: x, b: 2 } ]\n'),
    {
      hosts: ['c'],
      sets: [{ name: 'x', b: 2 }],
    },
  )
})

test('null says nothing, in any layer', () => {
  assert.deepEqual(layers('a: 1\nb: null\nc: { d: 1 }\n', 'a: null\nb: 2\nc: null\n'), { a: 1, b: 2, c: { d: 1 } })
})

test('a short form is replaced by the long one and back', () => {
  assert.deepEqual(layers('u: http://a\n', 'u: { targets: [ x ] }\n'), { u: { targets: ['x'] } })
  assert.deepEqual(layers('u: { targets: [ x ] }\n', 'u: http://a\n'), { u: 'http://a' })
})

test('what wins keeps its own place, what is joined that of the first', () => {
  const merged = mergeLayers(treeOf('p: { a: 1 }\n', 'base.yml'), treeOf('p: { a: 2 }\n', 'over.yml'), parts)
  assert.equal(placeOf(scalarAt(merged, 'p', 'a').origin).file, 'over.yml')
  assert.equal(placeOf(merged.entries.get('p')?.keyOrigin ?? merged.origin).file, 'base.yml')
})

test('documents of one layer add up', () => {
  const { value, problems } = documents(
    'ports: { http: 1 }\nusers: [ { name: a } ]\n---\nports: { https: 2 }\n',
    'users: [ { name: b } ]\n',
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(value, { ports: { http: 1, https: 2 }, users: [{ name: 'a' }, { name: 'b' }] })
})

test('a value set twice in one layer is an error that shows both places, also if the values are equal', () => {
  const { value, problems } = documents(
    'ports: { http: 1 }\n---\nports: { http: 1 }\n',
    'hosts: [ a ]\n',
    'hosts: [ a ]\n',
  )
  assert.deepEqual(problems.map(sayProblem), [
    'config.duplicate 0.yml:3:10+4 `ports.http` is set twice in one layer',
    'config.duplicate 2.yml:1:1+5 `hosts` is set twice in one layer',
  ])
  assert.deepEqual(
    problems.map(problem => problem.related?.[0]?.place.file),
    ['0.yml', '1.yml'],
  )
  assert.deepEqual(value, { ports: { http: 1 }, hosts: ['a'] })
})

test('null beside a value is no contradiction', () => {
  assert.deepEqual(documents('a: null\n---\na: 1\n---\na: null\n'), { value: { a: 1 }, problems: [] })
})

test('a name that stands twice in one layer is an error that shows both places, in one list or in two documents', () => {
  const { value, problems } = documents(
    'users: [ { name: a }, { name: a } ]\n',
    'users:\n  - name: b\n',
    'users:\n  - password: x\n    name: b\n',
  )
  assert.deepEqual(problems.map(sayProblem), [
    'config.duplicate 0.yml:1:31+1 user `a` stands twice in one layer',
    'config.duplicate 2.yml:3:11+1 user `b` stands twice in one layer',
  ])
  assert.equal(problems[1]?.related?.[0]?.place.file, '1.yml')
  assert.deepEqual(value, { users: [{ name: 'a' }, { name: 'b' }] })
})

test('no document is no tree', () => {
  assert.equal(mergeDocuments([], parts, []), undefined)
})

test('joining ten thousand entries stays quick', () => {
  const list = (from: number) =>
    `users:\n${Array.from({ length: 5000 }, (_, index) => `  - { name: u${from + index} }\n`).join('')}`
  const merged = layers(list(0), list(2500)) as { users: unknown[] }
  assert.equal(merged.users.length, 7500)
})
