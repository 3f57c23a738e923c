import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { parseArguments } from '../../../src/cli/arguments.ts'
import { openIssuer } from '../../../src/cli/open-issuer.ts'
import { runToken, type TokenParts } from '../../../src/cli/token.ts'
import { deny, ok } from '../../../src/errors/denial.ts'
import { openSigningKey, toSigningKey } from '../../../src/keys/signing-key.ts'
import type { Settings } from '../../../src/settings/model.ts'
import { createStore } from '../../../src/state/store.ts'
import { captureOutput } from '../../support/captured-output.ts'
import { createTestClock } from '../../support/clock.ts'
import { SAMPLE_APPLICATION, SAMPLE_AUTH_SERVER, sampleSettings } from '../../support/sample-settings.ts'
import { noStores } from '../../support/stores.ts'
import { createTestKey } from '../../support/test-key.ts'

const root = mkdtempSync(join(tmpdir(), 'token-'))
after(() => rmSync(root, { recursive: true, force: true }))

const foreign = { ...SAMPLE_AUTH_SERVER, name: 'idp', issuer: 'https://idp', tokenGenerator: undefined }
const settings = sampleSettings({
  stateDir: join(root, 'state'),
  applications: [
    SAMPLE_APPLICATION,
    {
      ...SAMPLE_APPLICATION,
      id: 'app-2',
      name: 'other',
      identifiers: { ...SAMPLE_APPLICATION.identifiers, users: [] },
    },
  ],
  authServers: [SAMPLE_AUTH_SERVER, foreign],
})
const clock = createTestClock()

function loaded(value: Settings | undefined): Awaited<ReturnType<TokenParts['load']>> {
  const problem = { code: 'config.empty', severity: 'error', message: 'the configuration is empty' } as const
  const problems = value === undefined ? [problem] : []
  return { settings: value, problems, sources: new Map(), watched: [], locate: () => [] }
}

async function run(argv: readonly string[], parts: Partial<TokenParts> = {}) {
  const parsed = parseArguments(['token', ...argv], {})
  assert.ok(parsed.kind === 'command', JSON.stringify(parsed))
  const captured = captureOutput({ json: parsed.line.json })
  const code = await runToken(parsed.line, captured.output, {
    load: async () => loaded(settings),
    openIssuer: (all, server) => openIssuer(all, server, { clock }),
    verify: async () => deny('token.expired', { expired: 'long ago\u001b' }),
    readInput: async () => '',
    ...parts,
  })
  return { code, stdout: captured.stdout(), stderr: captured.stderr() }
}

test('before the first start there is no key to sign with, and none is made', async () => {
  const { code, stderr } = await run(['new', '--user', 'alice'])
  assert.equal(code, 71)
  assert.match(stderr, /no signing key .* yet: `microgateway start` makes it/)
})

test('a token for a user says what the endpoint would say, and only the token is on standard output', async () => {
  const store = createStore(settings.stateDir)
  const generator = SAMPLE_AUTH_SERVER.tokenGenerator
  assert.ok(generator !== undefined)
  const key = await openSigningKey(generator, settings.keystores, {
    store,
    stores: await noStores(),
    mayGenerate: true,
  })
  assert.ok(key.ok && key.value !== undefined)
  const { code, stdout, stderr } = await run(['new', '--user', 'alice', '--app', 'billing'])
  assert.equal(code, 0)
  assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  assert.deepEqual(decodeProtectedHeader(stdout.trim()), { alg: 'ES256', kid: key.value.kid })
  const { aud, app_id, sub, exp } = decodeJwt(stdout.trim())
  assert.deepEqual(
    { aud, app_id, sub, exp },
    { aud: ['app-1', 'orders'], app_id: 'app-1', sub: 'alice', exp: clock.seconds() + 3600 },
  )
  assert.match(stderr, /signed by {2}local \(ES256, kid /)
  assert.equal((await run(['new', '--user', 'alice', '-q'])).stderr, '')
})

test('a token for an application carries claims of one’s own', async () => {
  const { stdout } = await run([
    'new',
    '--app',
    'app-1',
    '--claim',
    'tenant=acme',
    '--claim',
    'levels=[1,2]',
    '--expires',
    '10m',
    '--json',
  ])
  const { jwt, expires_in } = JSON.parse(stdout)
  const { sub, tenant, levels } = decodeJwt(jwt)
  assert.deepEqual(
    { sub, tenant, levels, expires_in },
    { sub: 'app-1', tenant: 'acme', levels: [1, 2], expires_in: 600 },
  )
})

test('wishes that the settings do not allow are wrong usage, with a reason', async () => {
  const wishes: readonly [readonly string[], RegExp][] = [
    [['new'], /name a `--user`/],
    [['new', '--user', 'alise'], /no user `alise`; did you mean `alice`/],
    [['new', '--app', 'biling'], /no application `biling`; did you mean `billing`/],
    [['new', '--user', 'alice', '--app', 'app-2'], /does not list user/],
    [['new', '--user', 'alice', '--claim', 'a=b'], /goes with `--app` alone/],
    [['new', '--app', 'app-1', '--claim', 'scope=admin'], /reserved/],
    [['new', '--app', 'app-1', '--claim', 'nonsense'], /NAME=VALUE/],
    [['new', '--app', 'app-1', '--claim', 'a=1', '--claim', 'a=2'], /twice/],
    [['new', '--app', 'app-1', '--expires', '2h'], /longer than the 60 minutes/],
    [['new', '--app', 'app-1', '--expires', '5'], /duration/],
    [['new', '--user', 'alice', '--auth-server', 'idp'], /no issuer of ours/],
    [['new', '--user', 'alice', '--auth-server', 'locla'], /did you mean `local`/],
    [['new', 'surplus'], /fewer arguments/],
    [['mint'], /no action/],
    [[], /new, show or verify/],
  ]
  for (const [argv, message] of wishes) {
    const { code, stdout, stderr } = await run(argv)
    assert.equal(code, 64, argv.join(' '))
    assert.match(stderr, message)
    assert.equal(stdout, '')
  }
})

test('a configuration with errors is told as check tells it', async () => {
  for (const action of ['new', 'verify']) {
    const { code, stderr } = await run([action], { load: async () => loaded(undefined) })
    assert.equal(code, 78)
    assert.match(stderr, /error\[config\.empty\]/)
  }
})

test('show decodes without judging, from the argument or from standard input', async () => {
  const token = await createTestKey('ES256', { kid: 'k1' }).sign({ sub: 'a', exp: 1_767_225_600 })
  const shown = await run(['show', token])
  assert.equal(shown.code, 0)
  assert.match(shown.stdout, /"kid": "k1"/)
  assert.match(shown.stdout, /exp {2}2026-01-01T00:00:00\.000Z/)
  assert.match(shown.stderr, /decoded only/)
  const piped = await run(['show', '--json'], { readInput: async () => `Authorization: Bearer ${token}\n` })
  assert.deepEqual(JSON.parse(piped.stdout).claims, { sub: 'a', exp: 1_767_225_600 })
  const bad = await run(['show', 'abc'])
  assert.equal(bad.code, 1)
  assert.match(bad.stderr, /not a JWT/)
})

test('verify tells who verified, or the fine code and where to read on', async () => {
  const { verificationKey } = toSigningKey(createTestKey('ES256').privateKey, 'ES256')
  const good = await run(['verify', 'x'], {
    verify: async () =>
      ok({
        state: 'verified',
        header: { alg: 'ES256', kid: 'k', typ: undefined },
        claims: { sub: 'a' },
        issuer: 'i',
        authServer: 'idp',
        key: verificationKey,
        keyOwner: undefined,
        strategyAudience: undefined,
        audience: undefined,
        expiresAtMs: 1,
        notBeforeMs: 0,
      }),
  })
  assert.equal(good.code, 0)
  assert.match(good.stdout, /verified by idp\n$/)

  const bad = await run(['verify', 'x'])
  assert.equal(bad.code, 1)
  assert.match(
    bad.stderr,
    /token\.expired: The token has expired\n {2}expired: long ago\ufffd\n {2}= help: microgateway help token\.expired/,
  )
  const json = JSON.parse((await run(['verify', 'x', '--json'])).stdout)
  assert.equal(json.verified, false)
  assert.equal(json.code, 'token.expired')
  assert.equal((await run(['verify', 'x'], { verify: async () => deny('keys.unavailable') })).code, 69)
})
