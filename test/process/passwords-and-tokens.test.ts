/** From a password on standard input to a token that the gateway accepts, with nothing but the command and HTTP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeFolder, runCommand, startGatewayProcess } from '../support/command.ts'

const PASSWORD = 'correct horse: battery'

const settingsFor = (hash: string) => `
users: [ { name: alice, password_hash: "${hash}" } ]
security_settings:
  keystores: [ { name: signing, type: generated, algorithm: ES256, alias: one } ]
  auth_servers:
    - name: local
      localIntrospectionConfig: { issuer: "https://gateway.example" }
      tokenGeneratorConfig: { algorithm: ES256, expiry: 5, audience: orders, keyStoreAlias: signing, keyAlias: one }
    - name: away
      localIntrospectionConfig: { issuer: "https://away.example", jwksuri: "http://127.0.0.1:9/certs", audience: orders }
applications:
  - { id: billing, name: billing, apis: [ orders ], auth_servers: [ local ], identifiers: { users: [ alice ] } }
apis: [ { name: orders, upstream: "builtin:echo", policies: [ jwt: [ local, away ] ] } ]
extended_settings: { pg_JWT_isHTTPS: false }
`

test('a password is hashed, gets a token, and the token is shown, verified and accepted', async t => {
  const cwd = makeFolder(t)
  const hashed = await runCommand(t, ['hash-password'], { cwd, input: `${PASSWORD}\n` })
  assert.equal(hashed.code, 0)
  assert.match(hashed.stdout, /^scrypt:\d+:\d+:\d+:[\w+/=]+:[\w+/=]+\n$/)
  assert.ok(!`${hashed.stdout}${hashed.stderr}`.includes(PASSWORD))
  const folder = makeFolder(t, { 'microgateway.yml': settingsFor(hashed.stdout.trim()) })
  const run = (args: readonly string[], input?: string) =>
    runCommand(t, args, { cwd: folder, ...(input !== undefined && { input }) })

  const early = await run(['token', 'new', '--user', 'alice'])
  assert.equal(early.code, 71)
  assert.match(early.stderr, /there is no signing key/)

  const gateway = await startGatewayProcess(t, { cwd: folder })
  const issue = (password: string) =>
    fetch(`${gateway.url}/rest/pub/apigateway/jwt/getJsonWebToken`, {
      headers: { authorization: `Basic ${Buffer.from(`alice:${password}`).toString('base64')}` },
    })
  const callWith = async (token: string) =>
    (await fetch(`${gateway.url}/orders`, { headers: { authorization: `Bearer ${token}` } })).status
  assert.equal((await issue('wrong')).status, 401)
  const { jwt } = (await (await issue(PASSWORD)).json()) as { jwt: string }
  assert.equal(await callWith(jwt), 200)

  const [forUser, forApplication] = await Promise.all([
    run(['token', 'new', '--user', 'alice', '--app', 'billing', '--expires', '1m']),
    run(['token', 'new', '-q', '--app', 'billing', '--claim', 'tenant=acme', '--claim', 'level=3']),
  ])
  assert.equal(forUser.code, 0, forUser.stderr)
  assert.match(forUser.stderr, /subject +alice\nvalid +60 s/)
  assert.equal(forApplication.stderr, '')
  for (const { stdout } of [forUser, forApplication]) {
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    assert.equal(await callWith(stdout.trim()), 200)
  }

  const token = forApplication.stdout.trim()
  const forged = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`
  const [shown, verified, refused, foreign] = await Promise.all([
    run(['token', 'show', '--json'], `Authorization: Bearer ${token}\n`),
    run(['token', 'verify', token]),
    run(['token', 'verify', forged]),
    run(['token', 'verify', withIssuer('https://away.example')]),
  ])
  assert.equal(shown.code, 0)
  const { claims } = JSON.parse(shown.stdout)
  assert.deepEqual([claims.sub, claims.tenant, claims.level], ['billing', 'acme', 3])
  assert.equal(verified.code, 0, verified.stderr)
  assert.match(verified.stdout, /verified by local/)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^error: token\.signature_invalid/)
  assert.equal(foreign.code, 69, foreign.stderr)
  assert.match(foreign.stderr, /^error: keys\.unavailable/)
})

/** A token in form, signed by nobody. */
function withIssuer(iss: string): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${encode({ alg: 'ES256' })}.${encode({ iss, exp: 4102444800 })}.${Buffer.alloc(64, 1).toString('base64url')}`
}
