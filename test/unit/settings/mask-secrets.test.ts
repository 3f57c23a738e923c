// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskSecrets } from '../../../src/settings/mask-secrets.ts'
import { parseSource } from '../../../src/settings/parse.ts'
import { shapesFrom, sourceOf } from '../../support/settings-tree.ts'

const schemaAt = shapesFrom({ password: 'string,secret', 'keys.*': 'string,secret', name: 'string' })

function mask(text: string): string {
  const source = sourceOf(text)
  const { documents, intact } = parseSource(source)
  return maskSecrets(source, documents, intact, schemaAt)
}

test('secrets are covered character by character, so that places stay', () => {
  assert.equal(
    mask('name: a\npassword: "hunter2"\nkeys: [ one, "two" ]\n'),
    'name: a\npassword: "*******"\nkeys: [ ***, "***" ]\n',
  )
  assert.equal(mask('password: |\n  two\n  lines\nname: x\n'), 'password: |\n  ***\n  *****\nname: x\n')
})

test('references stay readable, their defaults do not', () => {
  assert.equal(mask('password: ${PW:-hunter2}\n'), 'password: ${PW:-*******}\n')
  assert.equal(mask('password: "${file:/run/pw}"\n'), 'password: "${file:/run/pw}"\n')
  assert.equal(mask('password: pre${PW}post\n'), 'password: ***${PW}****\n')
  assert.equal(mask('password: ${PW:?set it}\n'), 'password: ${PW:?*** **}\n')
})

test('in a text that cannot be parsed, lines that look like a secret are covered', () => {
  const masked = mask('name: a\nclientSecret: abc\napi_keys: [ one ]\npassword: "hunter2\n')
  for (const secret of ['hunter2', 'abc', 'one']) assert.ok(!masked.includes(secret), masked)
  assert.ok(masked.startsWith('name: a\n'))
})

test('nothing else is touched', () => {
  const text = 'name: password\nother: { password_hint: no }\n'
  assert.equal(mask(text), text)
})
