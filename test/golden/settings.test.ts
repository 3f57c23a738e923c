/**
 * Resolved settings: `settings/NAME.yml` and what it becomes, `settings/NAME.json`; both example files among them. `UPDATE_GOLDEN=1` writes
 * the results anew. The certificates that the files name are made at run time; paths are shown as if the files stood in `/etc/microgateway`.
 */
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createExpressionCompiler } from '../../src/expressions/expression.ts'
import { type LoadResult, loadSettings } from '../../src/settings/load.ts'
import { makeCertificate } from '../support/certificate.ts'

const golden = fileURLToPath(new URL('settings/', import.meta.url))
const data = fileURLToPath(new URL('../data/', import.meta.url))
const expressions = createExpressionCompiler()
const folder = mkdtempSync(join(tmpdir(), 'golden-settings-'))
after(() => rmSync(folder, { recursive: true }))

cpSync(data, folder, { recursive: true })
cpSync(golden, folder, { recursive: true })
const { cert, key } = makeCertificate('DNS:orders.example.com')
for (const name of ['tls', 'ca']) mkdirSync(join(folder, name))
writeFileSync(join(folder, 'tls/tls.crt'), cert)
writeFileSync(join(folder, 'tls/tls.key'), key)
writeFileSync(join(folder, 'ca/partner.crt'), cert)
writeFileSync(join(folder, 'keys.json'), '{"keys":[{"kty":"OKP"}]}')

function load(name: string): Promise<LoadResult> {
  const environment = {}
  return loadSettings({
    layers: [name],
    cwd: folder,
    environment,
    checkExpression: expressions.check,
    nowMs: Date.now(),
  })
}

/** The revision depends on the certificates, which are new each time. */
function print({ settings }: LoadResult): string {
  const text = JSON.stringify({ ...settings, revision: '(revision)' }, null, 2)
  return `${text.replaceAll(folder, '/etc/microgateway')}\n`
}

const names = [...readdirSync(data), ...readdirSync(golden)].filter(name => name.endsWith('.yml')).sort()

for (const name of names) {
  test(`${name} resolves to what it always did`, async () => {
    const result = await load(name)
    const errors = result.problems.filter(({ severity }) => severity === 'error')
    assert.deepEqual(errors, [])
    const file = `${golden}${name.replace(/\.yml$/, '.json')}`
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, print(result))
    assert.ok(existsSync(file), `there is no ${file}; run with UPDATE_GOLDEN=1`)
    assert.deepEqual(JSON.parse(print(result)), JSON.parse(readFileSync(file, 'utf8')))
  })
}

test('the minimal file loads without a word', async () => {
  assert.deepEqual((await load('microgateway.minimal.yml')).problems, [])
})

test('the example file loads with a word for every feature that is not built, and for its published secrets', async () => {
  const { problems } = await load('microgateway.example.yml')
  const codes = new Set(problems.map(({ code }) => code))
  assert.deepEqual([...codes].sort(), ['config.insecure', 'config.not_built', 'config.published_secret'])
  const places = problems.filter(({ code }) => code === 'config.not_built').map(({ pointer }) => pointer)
  assert.deepEqual(places.sort(), [
    '/api_gateway',
    '/apis/0/policies/3/backend_jwt',
    '/apis/0/policies/4/claim_headers',
    '/applications/0/client',
    '/oauth',
    '/tests',
    '/token_endpoint',
  ])
})
