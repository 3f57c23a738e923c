import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { FORMATS } from '../../../src/settings/formats.ts'
import { type JsonSchema, loadSchema } from '../../../src/settings/schema.ts'

const schema = loadSchema()

/** Every schema in every file, with the place it stands in. */
function* everySchema(node: JsonSchema, place: string): Generator<readonly [string, JsonSchema]> {
  yield [place, node]
  for (const [key, property] of Object.entries(node.properties ?? {})) yield* everySchema(property, `${place}.${key}`)
  if (node.items !== undefined) yield* everySchema(node.items, `${place}[]`)
  if (typeof node.additionalProperties === 'object') yield* everySchema(node.additionalProperties, `${place}.*`)
}

const all = [...schema.files].flatMap(([id, file]) => [...everySchema(file, id)])

test('every schema file is a schema of 2020-12 by the meta-schema', () => {
  const ajv = new Ajv2020({ strict: false })
  for (const [id, file] of schema.files) assert.ok(ajv.validateSchema(file), `${id}: ${JSON.stringify(ajv.errors)}`)
})

test('every key has a title and a description, and every object says which keys it may have', () => {
  for (const [id, file] of schema.files) {
    for (const key of ['$id', '$schema', 'title', 'description'])
      assert.ok(Object.hasOwn(file, key), `${id} has no ${key}`)
  }
  for (const [place, { properties, additionalProperties }] of all) {
    if (properties === undefined) continue
    assert.notEqual(additionalProperties, undefined, `${place} says nothing about other keys`)
    for (const [key, property] of Object.entries(properties)) {
      if (property.$ref !== undefined) continue
      assert.ok(property.title !== undefined && property.description !== undefined, `${place}.${key} is not described`)
    }
  }
})

test('every key that is ours has a default or an example, or is a choice, a switch or a block', () => {
  for (const [place, { properties }] of all) {
    for (const [key, property] of Object.entries(properties ?? {})) {
      const speaks = property.default !== undefined || property.examples !== undefined || property.enum !== undefined
      const isSwitch = property.type === 'boolean'
      const isBlock = property.$ref !== undefined || property.properties !== undefined || property.items !== undefined
      assert.ok(speaks || isSwitch || isBlock || property['x-foreign'], `${place}.${key} has neither`)
    }
  }
})

test('defaults and examples are valid by their own schema', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  for (const [name, parse] of FORMATS) ajv.addFormat(name, { type: 'string', validate: text => parse(text).ok })
  for (const [, file] of schema.files) ajv.addSchema(file)
  for (const [index, [place, node]] of all.entries()) {
    if (node.$ref !== undefined) continue
    const base = place.slice(0, place.indexOf('.json') + 5)
    const validate = ajv.compile({ ...node, $id: new URL(`example-${index}`, base).href })
    for (const value of [node.default, ...(node.examples ?? [])]) {
      // Placeholders for what differs everywhere.
      if (value === undefined || /\$\{|<|…/.test(JSON.stringify(value))) continue
      assert.ok(validate(value), `${place}: ${JSON.stringify(value)} ${JSON.stringify(validate.errors)}`)
    }
  }
})

test('every format of the schemas is a parser of ours, and every parser is used', () => {
  const used = new Set(all.flatMap(([, { format }]) => format ?? []))
  used.add('field-name')
  assert.deepEqual([...used].sort(), [...FORMATS.keys()].sort())
})

test('places are found through references, lists and names', () => {
  assert.deepEqual([...(schema.schemaAt(['ports', 'http'])?.types ?? [])], ['integer', 'string'])
  assert.deepEqual([...(schema.schemaAt(['apis', 'orders', 'upstream'])?.types ?? [])], ['string', 'object'])
  assert.equal(schema.schemaAt(['apis', '0', 'upstream', 'connect_timeout'])?.format, 'duration')
  assert.equal(
    schema.schemaAt(['apis', '0', 'policies', '1', 'identify_and_authorize', 'rules', '0', 'jwt', 'audience'])?.default,
    'if_present',
  )
  assert.equal(schema.schemaAt(['applications', '0', 'identifiers', 'api_keys', '0'])?.secret, true)
  assert.equal(schema.schemaAt(['api_gateway', 'dir'])?.foreign, true)
  assert.equal(schema.schemaAt(['nowhere']), undefined)
  assert.equal(schema.schemaAt(['constructor']), undefined)
  assert.ok(schema.schemaAt([])?.properties.includes('apis'))
  assert.ok(!schema.schemaAt([])?.properties.includes('es_destination'))
})

test('defaults are filled into a copy, and the answer is kept', () => {
  const value = { apis: [{ name: 'x', upstream: 'builtin:echo' }] }
  const { errors, filled } = schema.judge(value)
  assert.deepEqual(errors, [])
  assert.deepEqual(JSON.parse(JSON.stringify(filled)).apis[0].routes, [{ match: 'ANY /*', open: false, policies: [] }])
  assert.deepEqual(value, { apis: [{ name: 'x', upstream: 'builtin:echo' }] })
  assert.equal(schema.judge(value).filled, filled)
})
