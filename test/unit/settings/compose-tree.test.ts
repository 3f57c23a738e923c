import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSource } from '../../../src/settings/parse.ts'
import { toPlain } from '../../../src/settings/settings-node.ts'
import { placeOf } from '../../../src/settings/source-text.ts'
import { sayProblem, scalarAt, sourceOf, treeOf } from '../../support/settings-tree.ts'

function compose(text: string): { value: unknown; said: string[]; severities: string[] } {
  const { documents, problems } = parseSource(sourceOf(text))
  const value = documents[0] === undefined ? undefined : JSON.parse(JSON.stringify(toPlain(documents[0])))
  return { value, said: problems.map(sayProblem), severities: problems.map(problem => problem.severity) }
}

test('scalars keep their place and what was written', () => {
  const tree = treeOf('a: 1.10\nb: "x"\n')
  const number = scalarAt(tree, 'a')
  assert.deepEqual([number.value, number.written, number.style], [1.1, '1.10', 'plain'])
  assert.deepEqual(placeOf(scalarAt(tree, 'b').origin), { file: 'test.yml', line: 2, column: 4, length: 3 })
})

test('a key that stands twice is one problem with both places, and the first one counts', () => {
  const { documents, problems } = parseSource(sourceOf('a: 1\nb: 2\na: 3\n'))
  assert.deepEqual(problems.map(sayProblem), ['config.duplicate test.yml:3:1+1 key `a` stands twice in one map'])
  assert.equal(problems[0]?.related?.[0]?.place.line, 1)
  assert.deepEqual(JSON.stringify(documents.map(toPlain)), '[{"a":1,"b":2}]')
})

test('an alias repeats the value, with the places of the value', () => {
  const tree = treeOf('a: &x { n: 1 }\nb: *x\n')
  assert.equal(JSON.stringify(toPlain(tree)), '{"a":{"n":1},"b":{"n":1}}')
  assert.equal(placeOf(scalarAt(tree, 'b', 'n').origin).line, 1)
})

test('an alias means the last anchor of its name before it', () => {
  assert.deepEqual(compose('a: &x 1\nb: *x\nc: &x 2\nd: *x\n').value, { a: 1, b: 1, c: 2, d: 2 })
})

test('an alias without anchor, or inside of what it repeats, is a problem', () => {
  assert.deepEqual(compose('hosts: [ *.example.com ]\n').said, [
    'config.syntax test.yml:1:10+13 alias `*.example.com` has no anchor `&.example.com` before it',
  ])
  assert.deepEqual(compose('b: *x\na: &x 1\n').said.length, 1)
  assert.deepEqual(compose('a: &x [ 1, *x ]\n').said, [
    'config.syntax test.yml:1:12+2 alias `*x` stands inside of what it repeats',
  ])
})

test('merge keys are not supported', () => {
  const { said, value } = compose('a: &x { n: 1 }\nb:\n  <<: *x\n')
  assert.deepEqual(said, ['config.syntax test.yml:3:3+2 merge keys (`<<`) are not supported'])
  assert.deepEqual(value, { a: { n: 1 }, b: {} })
})

test('the tag of an auth server may stand before entries and whole documents, in both spellings', () => {
  for (const tag of ['!<authServerAlias>', '!authServerAlias']) {
    const entry = compose(`security_settings:\n  auth_servers:\n    - ${tag}\n      name: a\n`)
    assert.deepEqual(entry, {
      value: { security_settings: { auth_servers: [{ name: 'a' }] } },
      said: [],
      severities: [],
    })
    const whole = compose(`--- ${tag}\nname: a\n`)
    assert.deepEqual(whole, {
      value: { security_settings: { auth_servers: [{ name: 'a' }] } },
      said: [],
      severities: [],
    })
  }
})

test('the tag of an auth server anywhere else is an error', () => {
  assert.deepEqual(compose('apis:\n  - !<authServerAlias>\n    name: a\n').said, [
    'config.tag test.yml:2:5+18 the tag `!<authServerAlias>` cannot stand here',
  ])
})

test('other tags of the product are warnings, and what they stand before is left out', () => {
  const text = 'security_settings:\n  auth_servers:\n    - !<clientMetadataMapping> { name: m }\n    - { name: a }\n'
  const { value, said, severities } = compose(text)
  assert.deepEqual(value, { security_settings: { auth_servers: [{ name: 'a' }] } })
  assert.deepEqual(severities, ['warning'])
  assert.match(said[0] ?? '', /^config\.tag test\.yml:3:7\+24 the tag `!<clientMetadataMapping>`/)
  assert.deepEqual(compose('--- !<clientMetadataMapping>\nname: m\n').severities, ['warning'])
})

test('unknown tags are errors, with a suggestion where one is near', () => {
  assert.deepEqual(compose('a: !foo 1\n').said, ['config.tag test.yml:1:4+4 the tag `!foo` is not known'])
  assert.deepEqual(compose('a: !!binary aGk=\n').said, ['config.tag test.yml:1:4+8 the tag `!!binary` is not known'])
  const { problems } = parseSource(sourceOf('--- !<AuthServerAlias>\nname: a\n'))
  assert.equal(problems[0]?.label, 'did you mean `!<authServerAlias>`?')
})

test('tags of YAML itself are judged by the value', () => {
  assert.deepEqual(compose('a: !!str 1\nb: ! 2\nc: !!int 3\nd: !!map {}\ne: !!seq []\n').said, [])
  assert.deepEqual(compose('a: !!int x\n').said, [
    'config.tag test.yml:1:10+1 the value is not what its tag `!!int` says',
  ])
})

test('numbers that cannot be kept are problems instead of other numbers', () => {
  const { said } = compose('a: .inf\nb: .nan\nc: 12345678901234567890\nd: 9007199254740991\n')
  assert.deepEqual(said, [
    'config.value test.yml:1:4+4 this number is not finite',
    'config.value test.yml:2:4+4 this number is not finite',
    'config.value test.yml:3:4+20 this number cannot be kept exactly',
  ])
})

test('a document that is no map is a problem', () => {
  for (const text of ['just text\n', '- a\n- b\n', '42\n']) {
    const { said, value } = compose(text)
    assert.equal(said.length, 1)
    assert.match(said[0] ?? '', /^config\.type test\.yml:1:1/)
    assert.equal(value, undefined)
  }
})

test('a key and a value without a space between are told apart from an unknown key', () => {
  assert.deepEqual(compose('ports: {http:4485}\n').said, [
    'config.syntax test.yml:1:9+9 a key has no value: a space is missing after its colon',
  ])
})
