/** `check` as an operator runs it: it tells everything, writes nothing and asks nobody. */
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder, runCommand } from '../support/command.ts'
import { startKeyServer } from '../support/key-server.ts'

function listing(folder: string): string[] {
  const names = ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })].sort()
  return names.map(name => {
    const { mode, size, mtimeMs } = statSync(join(folder, name))
    return `${name} ${mode} ${size} ${mtimeMs}`
  })
}

test('check writes nothing and asks nobody, also where a key is yet to be generated', async t => {
  const keys = await startKeyServer()
  t.after(() => keys.close())
  const cwd = makeFolder(t, {
    'conf/microgateway.yml': `
security_settings:
  keystores: [ { name: signing, type: generated, algorithm: ES256, alias: one } ]
  auth_servers:
    - name: local
      localIntrospectionConfig: { issuer: "https://gateway.example" }
      tokenGeneratorConfig: { algorithm: ES256, expiry: 5, audience: orders, keyStoreAlias: signing, keyAlias: one }
    - name: idp
      localIntrospectionConfig: { issuer: "https://idp.example", jwksuri: "${keys.jwksUri}", audience: orders }
apis: [ { name: orders, upstream: "builtin:echo", policies: [ jwt: [ local, idp ] ] } ]
extended_settings: { pg_JWT_isHTTPS: false }
`,
  })
  const before = listing(cwd)
  const { code, stdout, stderr } = await runCommand(t, ['check', 'conf/microgateway.yml'], { cwd })
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  assert.match(stdout, /^✔ conf\/microgateway\.yml is fine: 1 API, 1 route, 2 auth servers, 0 applications; 0 errors/)
  assert.deepEqual(listing(cwd), before)
  assert.equal(keys.requests, 0)
})

test('errors are 1, all of them at once, for people and as JSON', async t => {
  const cwd = makeFolder(t, {
    'microgateway.yml':
      'name: broken\nlimits: { idle_timeout: 60 }\napis: [ { name: orders, upstreem: "builtin:echo" } ]\n',
  })
  const [people, machine] = await Promise.all([
    runCommand(t, ['check', '-c', 'microgateway.yml'], { cwd }),
    runCommand(t, ['check', '--json'], { cwd }),
  ])
  assert.equal(people.code, 1)
  assert.match(people.stderr, /microgateway\.yml:2:25[\s\S]*microgateway\.yml:3:/)
  assert.match(people.stdout, /^microgateway\.yml: \d+ errors, 0 warnings · more on a code: microgateway help config\./)
  assert.equal(machine.code, 1)
  assert.equal(machine.stderr, '')
  const { ok, problems } = JSON.parse(machine.stdout)
  assert.equal(ok, false)
  const codes = problems.map((problem: { code: string }) => problem.code)
  assert.ok(codes.includes('config.unknown_key') && codes.length >= 2, String(codes))
})

test('files after `-c` and files after the command are layers alike', async t => {
  const cwd = makeFolder(t, {
    'base.yml': 'apis: [ { name: orders, open: true, upstream: "builtin:echo" } ]\n',
    'over.yml': 'apis: [ { name: orders, upstreem: x } ]\n',
  })
  const { code, stdout } = await runCommand(t, ['check', '-c', 'base.yml', 'over.yml'], { cwd })
  assert.equal(code, 1)
  assert.match(stdout, /^base\.yml, over\.yml: 1 error, 0 warnings/)
})

test('a JWKS file whose keys cannot be used is a warning', async t => {
  const jwk = { kty: 'oct', k: 'c2VjcmV0' }
  const cwd = makeFolder(t, {
    'idp.json': JSON.stringify({ keys: [jwk] }),
    'microgateway.yml': `
security_settings:
  auth_servers: [ { name: idp, localIntrospectionConfig: { issuer: "https://idp.example", jwks_file: idp.json, audience: a } } ]
apis: [ { name: orders, upstream: "builtin:echo", policies: [ jwt: idp ] } ]
`,
  })
  const { code, stderr } = await runCommand(t, ['check'], { cwd })
  assert.equal(code, 0)
  assert.match(
    stderr,
    /^warning\[config\.unusable\]: `jwks_file` names a JWK Set without a key that can be used \(shared secret\)/,
  )
  assert.ok(!stderr.includes(jwk.k))
})
