import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from '../../../src/cli/arguments.ts'
import type { AdminQuestion } from '../../../src/cli/ask-admin.ts'
import { type RevokeParts, runRevoke } from '../../../src/cli/revoke.ts'
import { captureOutput } from '../../support/captured-output.ts'
import { sampleSettings } from '../../support/sample-settings.ts'

async function run(argv: readonly string[], answer: { readonly status: number; readonly body: string } | undefined) {
  const parsed = parseArguments(['revoke', ...argv], {})
  assert.ok(parsed.kind === 'command', argv.join(' '))
  const captured = captureOutput({ json: argv.includes('--json') })
  const asked: AdminQuestion[] = []
  const parts: RevokeParts = {
    load: async () => ({ settings: sampleSettings(), problems: [], sources: new Map(), watched: [], locate: () => [] }),
    readAuthorization: async () => 'Bearer admin',
    ask: async question => {
      asked.push(question)
      if (answer === undefined) throw new Error('ECONNREFUSED')
      return answer
    },
  }
  const code = await runRevoke(parsed.line, captured.output, parts)
  return { code, asked, stdout: captured.stdout(), stderr: captured.stderr() }
}

const done = (entry: object) => ({ status: 201, body: JSON.stringify({ id: '1', issuer: 'https://idp', ...entry }) })
const before = '2026-11-22T10:00:00Z'

test('a token is revoked by its jti', async () => {
  const { code, asked, stdout } = await run(['--auth-server', 'idp', '--jti', 'one'], done({ jti: 'one' }))
  assert.equal(code, 0)
  assert.equal(asked[0]?.method, 'POST')
  assert.equal(asked[0]?.url, 'http://127.0.0.1:9485/rest/microgateway/revocations')
  assert.equal(asked[0]?.authorization, 'Bearer admin')
  assert.deepEqual(asked[0]?.body, { auth_server: 'idp', jti: 'one' })
  assert.equal(stdout, 'revoked: jti one of https://idp\n')
})

test('tokens are revoked by claim and time; what kind of value it is is said', async () => {
  const by = (claim: string) => ['--auth-server', 'idp', '--claim', claim, '--before', before, '--until', before]
  const text = await run(by('sub=a=b'), done({ claim: 'sub', value: 'a=b', before }))
  assert.deepEqual(text.asked[0]?.body, { auth_server: 'idp', claim: 'sub', value: 'a=b', before, until: before })
  assert.equal(text.stdout, `revoked: sub = a=b, before ${before}, of https://idp\n`)
  const number = await run(by('sub=7'), done({ claim: 'sub', value: 7, before }))
  assert.partialDeepStrictEqual(number.asked[0]?.body, { value: 7 })
  assert.match(number.stdout, /sub = 7, a number; the text is sub='"7"'/)
  const quoted = await run(by('sub="7"'), done({ claim: 'sub', value: '7', before }))
  assert.partialDeepStrictEqual(quoted.asked[0]?.body, { value: '7' })
})

test('wrong usage asks nobody', async () => {
  const wrong = [
    [],
    ['--jti', 'a'],
    ['--auth-server', 'idp'],
    ['--auth-server', 'idp', '--jti', 'a', '--claim', 'sub=a', '--before', before],
    ['--auth-server', 'idp', '--jti', 'a', '--before', before],
    ['--auth-server', 'idp', '--claim', 'sub=a'],
    ['--auth-server', 'idp', '--claim', 'sub', '--before', before],
    ['--auth-server', 'idp', '--claim', 'sub=a', '--claim', 'sub=b', '--before', before],
    ['--auth-server', 'idp', '--claim', 'sub=a', '--before', 'now'],
    ['--auth-server', 'idp', '--jti', 'a', '--until', 'later'],
    ['--auth-server', 'idp', '--jti', 'a', '--timeout', '3'],
    ['--auth-server', 'idp', '--jti', 'a', '--url', 'ftp://x'],
  ]
  for (const argv of wrong) {
    const { code, asked } = await run(argv, done({}))
    assert.deepEqual([code, asked.length], [64, 0], argv.join(' '))
  }
})

test('a gateway that refuses gives 1 with its reason, one that is away 69', async () => {
  const argv = ['--auth-server', 'idp', '--jti', 'a']
  const refused = await run(argv, { status: 400, body: '{"detail":"There is no auth server.\\u001b[31m"}' })
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /There is no auth server\./)
  assert.ok(!refused.stderr.includes('\u001b'))
  assert.match((await run(argv, { status: 401, body: '' })).stderr, /does not let us in/)
  assert.equal((await run(argv, { status: 500, body: '<html>' })).code, 1)
  assert.equal((await run(argv, undefined)).code, 69)
})

test('with --json the entry is printed as it was kept', async () => {
  const { stdout } = await run(['--auth-server', 'idp', '--jti', 'a', '--json'], done({ jti: 'a' }))
  assert.deepEqual(JSON.parse(stdout), { id: '1', issuer: 'https://idp', jti: 'a' })
})
