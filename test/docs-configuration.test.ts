/** What is made from the schemas is current. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { renderConfiguration } from '../docs/generate-configuration.ts'
import { renderSchemaTypes } from '../docs/generate-schema-types.ts'
import { loadSchema } from '../src/settings/schema.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

test('docs/CONFIGURATION.md is what the schemas say (node docs/generate-configuration.ts)', () => {
  assert.equal(read('docs/CONFIGURATION.md'), renderConfiguration())
})

test('src/settings/schema-types.ts is what the schemas say (node docs/generate-schema-types.ts)', async () => {
  assert.equal(read('src/settings/schema-types.ts'), await renderSchemaTypes())
})

test('every key of the schemas stands in docs/CONFIGURATION.md', () => {
  const page = read('docs/CONFIGURATION.md')
  for (const file of loadSchema().files.values()) {
    for (const key of Object.keys(file.properties ?? {})) assert.ok(page.includes(`\`${key}\``), key)
  }
})
