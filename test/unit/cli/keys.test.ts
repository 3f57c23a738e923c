import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseArguments } from '../../../src/cli/arguments.ts'
import { type AdminQuestion, readAdminAuthorization } from '../../../src/cli/ask-admin.ts'
import { type KeysParts, runKeys } from '../../../src/cli/keys.ts'
import { Secret } from '../../../src/settings/secret.ts'
import { captureOutput } from '../../support/captured-output.ts'
import { sampleSettings } from '../../support/sample-settings.ts'

async function run(argv: readonly string[], answer: { status: number; body: string } | undefined, hasSettings = true) {
  const parsed = parseArguments(['keys', ...argv], {})
  assert.ok(parsed.kind === 'command')
  const captured = captureOutput({ json: argv.includes('--json') })
  const asked: AdminQuestion[] = []
  const parts: KeysParts = {
    load: async () => ({
      settings: hasSettings ? sampleSettings() : undefined,
      problems: [],
      sources: new Map(),
      watched: [],
      locate: () => [],
    }),
    readAuthorization: async () => 'Bearer t',
    ask: async question => {
      asked.push(question)
      if (answer === undefined) throw new Error('ECONNREFUSED')
      return answer
    },
  }
  const code = await runKeys(parsed.line, captured.output, parts)
  return { code, asked, text: captured.stdout(), trouble: captured.stderr() }
}

const answer = (servers: unknown) => ({ status: 200, body: JSON.stringify({ auth_servers: servers }) })

test('keys are shown for people, whatever the gateway leaves out', async () => {
  const keys = [{ kid: 'a\u001b[31m', algorithms: ['ES256'], first_seen: '2026' }]
  const departed = [{ thumbprint: 'b', left: '2025' }]
  const { code, text } = await run(
    [],
    answer([{ name: 'idp', key_origin: 'jwksUri', keys, departed, age_seconds: 5, stale: true }, { name: 'x' }, 7]),
  )
  assert.equal(code, 0)
  assert.match(text, /^idp \(jwksUri\): 1 key, 5 s old, stale\n {2}a.* ES256 {2}first seen 2026, last used never\n/)
  assert.match(text, /\n {2}b {2}left 2025, last used never\n/)
  assert.ok(!text.includes('\u001b'))
})

test('a refresh asks with POST, and a fetch that failed is 1', async () => {
  const failed = [{ name: 'idp', result: 'failed', reason: 'timeout', keys: 0, added: 0, removed: 0 }]
  const { code, asked, text } = await run(['refresh', '--auth-server', 'idp'], answer(failed))
  assert.deepEqual([code, text], [1, 'idp: failed: timeout; 0 keys, 0 new, 0 gone\n'])
  assert.partialDeepStrictEqual(asked[0], { method: 'POST', body: { authServer: 'idp' }, authorization: 'Bearer t' })
  assert.match(asked[0]?.url ?? '', /\/keys\/refresh$/)
})

test('what goes wrong has its exit code', async () => {
  assert.equal((await run([], undefined)).code, 69)
  assert.equal((await run([], { status: 401, body: '' })).code, 1)
  assert.equal((await run([], { status: 404, body: '' })).code, 1)
  assert.equal((await run([], { status: 200, body: '<html>' })).code, 1)
  assert.equal((await run(['--auth-server', 'nobody'], answer([{ name: 'idp' }]))).code, 1)
  assert.equal((await run(['again'], answer([]))).code, 64)
  assert.equal((await run(['--url', 'file:///x'], answer([]))).code, 64)
  assert.equal((await run(['--timeout', '5'], answer([]))).code, 64)
  assert.equal((await run([], answer([]), false)).code, 78)
})

test('credentials come from the settings, else the token from the state folder', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'ask-admin-'))
  t.after(() => rmSync(folder, { recursive: true }))
  assert.equal(await readAdminAuthorization({ credentials: undefined }, folder), undefined)
  writeFileSync(join(folder, 'admin-token'), 'tok\n')
  assert.equal(await readAdminAuthorization({ credentials: undefined }, folder), 'Bearer tok')
  const credentials = { user: 'ü', password: new Secret('p') }
  const basic = `Basic ${Buffer.from('ü:p', 'utf8').toString('base64')}`
  assert.equal(await readAdminAuthorization({ credentials }, folder), basic)
})
