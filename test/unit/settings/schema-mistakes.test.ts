import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mistake } from '../../../src/settings/mistake.ts'
import { loadSchema } from '../../../src/settings/schema.ts'
import { describeMistake } from '../../../src/settings/schema-mistakes.ts'
import { schemaFindings } from '../../support/settings-document.ts'

const schema = loadSchema()
const mistake: Mistake = {
  keyword: 'type',
  pointer: '/name',
  params: {},
  schemaPath: '#/properties/name/type',
  value: 1,
  schema: { type: 'string' },
  root: { name: 1 },
}
const describe = (change: Partial<Mistake>) => describeMistake({ ...mistake, ...change }, schema)

test('a keyword that nobody put into words is still a finding', () => {
  const [finding] = describe({ keyword: 'uniqueItems', schema: { examples: ['a'] } })
  assert.equal(finding?.message, '`name` is not allowed (uniqueItems)')
  assert.equal(finding?.help, 'as in `a`')
})

test('a keyword with the name of something inherited is not taken for one of ours', () => {
  assert.equal(describe({ keyword: 'constructor' })[0]?.message, '`name` is not allowed (constructor)')
})

test('limits and types are told in words', () => {
  assert.equal(describe({ keyword: 'minimum', params: { limit: 1 } })[0]?.message, '`name` must be at least 1')
  assert.equal(describe({ value: [] })[0]?.label, 'this is a list')
  assert.equal(describe({ value: {} })[0]?.label, 'this is a map')
  assert.equal(describe({ value: true })[0]?.label, 'this is `true`')
  assert.equal(describe({ value: null })[0]?.label, 'nothing here')
})

test('each item beyond those that are in use is told', () => {
  const findings = describe({
    keyword: 'x-not-built',
    pointer: '/name',
    value: ['a', 'b', 'c'],
    schema: { 'x-not-built': 'one is used', 'x-built-items': 1 },
  })
  assert.deepEqual(
    findings.map(({ pointer }) => pointer),
    ['/name/1', '/name/2'],
  )
})

test('a description becomes a phrase: no full stop, and no abbreviation in small letters', () => {
  const help = (yaml: string) => schemaFindings(yaml).map(finding => finding.help)
  assert.deepEqual(help('apis: [ { name: a, upstream: {} } ]'), [
    '`targets`: URLs of the service. Several share its requests as `balance` says',
  ])
  assert.deepEqual(help('apis: [ { name: a, upstream: "builtin:echo", policies: [ identify_and_authorize: {} ] } ]'), [
    '`rules`: ways to recognise the caller',
  ])
})

test('a version that reads as something else is told as what', () => {
  const [version] = schemaFindings('apis: [ { name: a, version: true, upstream: "builtin:echo" } ]')
  assert.equal(version?.help, 'unquoted, it reads as `true`; put it in quotes')
})
