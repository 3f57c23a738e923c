import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { bundleSchemas, runSchema } from '../../../src/cli/schema.ts'
import { captureOutput } from '../../support/captured-output.ts'

const folder = fileURLToPath(new URL('../../../schemas/', import.meta.url))

function readSchemas() {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json'))
  const schemas = names.map(name => JSON.parse(readFileSync(folder + name, 'utf8')))
  const files = new Map<string, unknown>(schemas.map(schema => [schema.$id, schema]))
  const rootId = [...files.keys()].find(id => id.endsWith('/microgateway.schema.json')) ?? ''
  return { rootId, files }
}

test('the printed schema needs no other file', () => {
  const { output, stdout } = captureOutput()
  assert.equal(runSchema(output, readSchemas()), 0)
  const schema = JSON.parse(stdout())
  const references = [...stdout().matchAll(/"\$ref": "([^"]*)"/g)].map(match => match[1] ?? '')
  assert.ok(references.length > 20)
  for (const reference of references) {
    const name = /^#\/\$defs\/([\w.-]+)$/.exec(reference)?.[1]
    assert.ok(name !== undefined && name in schema.$defs, reference)
  }
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const validate = ajv.compile(schema)
  assert.ok(validate({ apis: [{ name: 'orders', upstream: 'builtin:echo', policies: [{ jwt: 'local' }] }] }))
  assert.ok(!validate({ apis: 'none' }))
})

test('every schema file is in the bundle once', () => {
  const schemas = readSchemas()
  const bundle = bundleSchemas(schemas) as { $defs: Record<string, unknown>; $id: string }
  assert.equal(Object.keys(bundle.$defs).length, schemas.files.size - 1)
  assert.equal(bundle.$id, schemas.rootId)
})

test('a text that looks like a reference in an example stays what it is', () => {
  const root = {
    $id: 'https://x/a.schema.json',
    examples: [{ $ref: 'b.schema.json' }],
    $ref: 'b.schema.json#/properties/c',
  }
  const files = new Map<string, unknown>([
    ['https://x/a.schema.json', root],
    ['https://x/b.schema.json', { $id: 'https://x/b.schema.json' }],
  ])
  assert.deepEqual(JSON.parse(JSON.stringify(bundleSchemas({ rootId: 'https://x/a.schema.json', files }))), {
    ...root,
    $ref: '#/$defs/b/properties/c',
    $defs: { b: {} },
  })
})
