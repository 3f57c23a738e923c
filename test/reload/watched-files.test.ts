/** Product.md 2, hot reload: whatever way a file changes, the change is seen and taken. */
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { openGateway, withPorts } from '../support/gateway.ts'
import { nextReload } from '../support/reloads.ts'
import { createTestKey, signWithSecret } from '../support/test-key.ts'

const withName = (name: string): string =>
  withPorts(`name: ${name}\napis: [ { name: ${name}, upstream: "builtin:echo", open: true } ]\n`)

const ISSUER = 'https://idp.example.com'
const claims = () => ({ iss: ISSUER, exp: Math.floor(Date.now() / 1000) + 300 })

test('a file that is written in place, and one that is renamed over it, are both taken', async t => {
  const { gateway, write, folder, url } = await openGateway(t, { settings: withName('one'), watch: true })
  let ended = nextReload(gateway)
  write('microgateway.yml', withName('two'))
  assert.partialDeepStrictEqual(await ended, { result: 'applied', reason: 'file' })
  assert.equal((await send(url, { path: '/two' })).status, 200)

  ended = nextReload(gateway)
  write('.microgateway.yml.new', withName('three'))
  renameSync(join(folder, '.microgateway.yml.new'), join(folder, 'microgateway.yml'))
  assert.equal((await ended).result, 'applied')
  assert.equal((await send(url, { path: '/three' })).status, 200)

  ended = nextReload(gateway)
  write('microgateway.yml', withName('four'))
  assert.equal((await ended).result, 'applied', 'and the file that is there now is still watched')
})

test('a ConfigMap that Kubernetes swaps by a symbolic link is taken', async t => {
  const layOut = (folder: string, version: string, name: string): void => {
    const mount = join(folder, 'config')
    mkdirSync(join(mount, version), { recursive: true })
    writeFileSync(join(mount, version, 'microgateway.yml'), withName(name))
    symlinkSync(version, join(mount, '..data_tmp'))
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
  }
  const { gateway, folder, url } = await openGateway(t, {
    settings: withName('unused'),
    layers: ['config/microgateway.yml'],
    watch: true,
    prepare(root) {
      layOut(root, '..2026_01', 'one')
      symlinkSync('..data/microgateway.yml', join(root, 'config', 'microgateway.yml'))
    },
  })
  for (const name of ['two', 'three']) {
    const ended = nextReload(gateway)
    layOut(folder, `..2026_${name}`, name)
    assert.equal((await ended).result, 'applied')
    assert.equal((await send(url, { path: `/${name}` })).status, 200)
  }
  rmSync(join(folder, 'config', '..2026_two'), { recursive: true })
  assert.equal((await gateway.reload('signal')).result, 'unchanged')
})

test('a layer that is added to a folder is taken', async t => {
  const { gateway, write, url } = await openGateway(t, {
    settings: withName('one'),
    layers: ['layers'],
    prepare(folder) {
      mkdirSync(join(folder, 'layers'))
      renameSync(join(folder, 'microgateway.yml'), join(folder, 'layers', '10-base.yml'))
    },
    watch: true,
  })
  const ended = nextReload(gateway)
  write('layers/20-more.yml', 'apis: [ { name: more, upstream: "builtin:echo", open: true } ]\n')
  assert.equal((await ended).result, 'applied')
  assert.deepEqual(
    [(await send(url, { path: '/one' })).status, (await send(url, { path: '/more' })).status],
    [200, 200],
  )
})

test('the same through a signal, with nobody watching', async t => {
  const { gateway, write } = await openGateway(t, { settings: withName('one') })
  assert.partialDeepStrictEqual(await gateway.reload('signal'), { result: 'unchanged', reason: 'signal' })
  write('microgateway.yml', withName('two'))
  assert.partialDeepStrictEqual(await gateway.reload('signal'), { result: 'applied', reason: 'signal' })
})

test('keys in a file: new ones count and old ones do not, as soon as the file has changed', async t => {
  const [old, young] = [createTestKey('ES256'), createTestKey('ES256')]
  const setOf = (key: typeof old): string => JSON.stringify({ keys: [key.jwk] })
  const { gateway, write, url } = await openGateway(t, {
    settings: `
security_settings:
  auth_servers: [ { name: idp, localIntrospectionConfig: { issuer: "${ISSUER}", jwks_file: keys.json } } ]
apis: [ { name: orders, upstream: "builtin:echo", policies: [ jwt: idp ] } ]
`,
    files: { 'keys.json': setOf(old) },
    watch: true,
  })
  const [oldToken, youngToken] = [await old.sign(claims()), await young.sign(claims())]
  assert.equal((await send(url, { token: oldToken })).status, 200)
  assert.equal((await send(url, { token: youngToken })).status, 401)
  const ended = nextReload(gateway)
  write('keys.json', setOf(young))
  assert.equal((await ended).result, 'applied')
  assert.equal((await send(url, { token: oldToken })).status, 401, 'also with its verdict in the cache')
  assert.equal((await send(url, { token: youngToken })).status, 200)
})

test('a certificate in a trust store: the one that is there now counts', async t => {
  const [first, second] = [makeCertificate('DNS:idp'), makeCertificate('DNS:idp')]
  const { gateway, write, url } = await openGateway(t, {
    settings: `
security_settings:
  truststores: [ { name: partners, entries: [ { alias: idp, certificate: idp.crt } ] } ]
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${ISSUER}", trustStoreAlias: partners, certificateAlias: idp }
apis: [ { name: orders, upstream: "builtin:echo", policies: [ jwt: idp ] } ]
`,
    files: { 'idp.crt': first.cert },
    watch: true,
  })
  const tokenOf = (key: string) =>
    new SignJWT(claims()).setProtectedHeader({ alg: 'ES256' }).sign(createPrivateKey(key))
  assert.equal((await send(url, { token: await tokenOf(first.key) })).status, 200)
  const ended = nextReload(gateway)
  write('idp.crt', second.cert)
  assert.equal((await ended).result, 'applied')
  assert.equal((await send(url, { token: await tokenOf(first.key) })).status, 401)
  assert.equal((await send(url, { token: await tokenOf(second.key) })).status, 200)
})

test('a secret in a file: a new one counts at once, the old one no more', async t => {
  const secrets = [Buffer.alloc(32, 'a'), Buffer.alloc(32, 'b')] as const
  const { gateway, write, url } = await openGateway(t, {
    settings: `
security_settings:
  auth_servers: [ { name: idp, localIntrospectionConfig: { issuer: "${ISSUER}" } } ]
applications:
  - id: billing
    name: billing
    apis: [ orders ]
    strategies: [ { name: hs, type: JWT_HSA, authServerAlias: idp, algorithm: HS256, secret: "\${file:hmac}" } ]
apis: [ { name: orders, upstream: "builtin:echo", policies: [ identify_and_authorize: { rules: [ { jwt: {} } ] } ] } ]
`,
    files: { hmac: secrets[0].toString('base64') },
    watch: true,
  })
  const tokens = await Promise.all(secrets.map(secret => signWithSecret(claims(), secret)))
  const statuses = () => Promise.all(tokens.map(async token => (await send(url, { token })).status))
  assert.deepEqual(await statuses(), [200, 401])
  const ended = nextReload(gateway)
  write('hmac', secrets[1].toString('base64'))
  assert.equal((await ended).result, 'applied')
  assert.deepEqual(await statuses(), [401, 200])
})

test('a file that the change itself names is watched from then on', async t => {
  const { gateway, write } = await openGateway(t, { settings: withName('one'), watch: true })
  write('title', 'first')
  let ended = nextReload(gateway)
  write('microgateway.yml', withName('two').replace('name: two', `name: "\${file:title}"`))
  assert.equal((await ended).result, 'applied')
  assert.equal(gateway.settings().name, 'first')
  await gateway.watching()
  ended = nextReload(gateway)
  write('title', 'second')
  assert.equal((await ended).result, 'applied')
  assert.equal(gateway.settings().name, 'second')
})
