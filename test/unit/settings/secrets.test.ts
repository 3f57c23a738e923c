import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkSecrets } from '../../../src/settings/secrets.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const check = (yaml: string) => checkSecrets(inspectionOf(yaml))
const say = (yaml: string) => check(yaml).map(sayFinding)

test('an encoded password is a warning, one that is not base64 an error', () => {
  assert.deepEqual(say('api_gateway: { password: "{encoded}aHVudGVyMg==" }'), [
    'warning config.insecure /api_gateway/password',
  ])
  assert.deepEqual(say('admin_api: { password: "{encoded}???" }'), ['error config.secret /admin_api/password'])
  assert.deepEqual(say('admin_api: { password: hunter2 }'), [])
})

test('an HMAC secret is base64 and as long as its hash', () => {
  const strategy = (algorithm: string, secret: string) =>
    `applications: [ { name: a, strategies: [ { name: s, authServerAlias: x, algorithm: ${algorithm}, secret: "${secret}" } ] } ]`
  const octets = (count: number) => Buffer.alloc(count, 7).toString('base64')
  assert.deepEqual(say(strategy('HS256', octets(32))), [])
  assert.deepEqual(say(strategy('HS512', octets(64))), [])
  const [short] = check(strategy('HS384', octets(32)))
  assert.equal(short?.message, 'a secret for HS384 needs at least 48 bytes; this one has 32')
  const [junk] = check(strategy('HS256', 'not base64 at all, but surely long enough to be a key'))
  assert.equal(junk?.message, 'the secret of a strategy must be base64')
})

test('a published secret is known wherever it opens something', () => {
  assert.deepEqual(say('admin_api: { user: x, password: change-me }'), [
    'warning config.published_secret /admin_api/password',
  ])
  assert.deepEqual(say('admin_api: { user: x, password: "{encoded}bWFuYWdl" }'), [
    'warning config.insecure /admin_api/password',
    'warning config.published_secret /admin_api/password',
  ])
  assert.deepEqual(say('applications: [ { name: a, identifiers: { api_keys: [ mine, sample-key-do-not-use ] } } ]'), [
    'warning config.published_secret /applications/0/identifiers/api_keys/1',
  ])
})

/** Secrets in a text of ours: what the keys with secrets hold, `${NAME:-default}` by its default. */
function secretsIn(text: string): string[] {
  const lines = text.split('\n').filter(line => !line.trimStart().startsWith('#'))
  const values = [
    ...lines
      .join('\n')
      .matchAll(/\b(password|password_hash|secret|api_keys):\s*(\[[^\]]*\]|"[^"]*"|\$\{[^}]*\}|[^\s,}#]+)/g),
  ]
  return values
    .flatMap(([, , value = '']) => (value.startsWith('[') ? value.slice(1, -1).split(',') : [value]))
    .map(value => value.trim().replace(/^["']|["']$/g, ''))
    .map(value => value.replace(/^\$\{\w+:-(.*)\}$/, '$1'))
    .filter(value => value !== '' && !value.startsWith('$'))
    .map(value => (value.startsWith('{encoded}') ? Buffer.from(value.slice(9), 'base64').toString() : value))
}

test('every secret in our example and samples is on the list', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const source = readFileSync(`${root}src/settings/secrets.ts`, 'utf8')
  const samples = existsSync(`${root}samples`)
    ? readdirSync(`${root}samples`, { recursive: true, encoding: 'utf8' })
    : []
  const files = ['microgateway.yml', 'test/data/microgateway.example.yml', ...samples.map(name => `samples/${name}`)]
  const texts = files.filter(name => name.endsWith('.yml') && existsSync(root + name))
  assert.ok(texts.length >= 2)
  for (const name of texts) {
    for (const secret of secretsIn(readFileSync(root + name, 'utf8'))) {
      const hash = createHash('sha256').update(secret).digest('hex')
      assert.ok(source.includes(`'${hash}'`), `${name}: add '${hash}' to the published secrets`)
    }
  }
})
