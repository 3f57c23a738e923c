/** Product.md 2 and 4: what a change takes away is refused from the swap on, also where a verdict was remembered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword } from '../../src/credentials/password-hash.ts'
import { send } from '../support/call.ts'
import { openScene, type Places, type Scene } from '../support/scene.ts'

const places = ({ upstream, keys }: Scene): Places => ({
  upstream: upstream.origin,
  jwksUri: keys.jwksUri,
  issuer: keys.issuer,
})

interface Kept {
  readonly authServers?: string
  readonly applications?: string
  readonly users?: string
  readonly rule?: string
}

const IDP = ({ issuer, jwksUri }: Places, more = ''): string =>
  `{ name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" ${more} } }`
const OTHER =
  '{ name: other, localIntrospectionConfig: { issuer: "https://other", jwksuri: "https://127.0.0.1:1/jwks" } }'

function write(at: Places, { authServers = IDP(at), applications = '', users = '', rule = 'jwt: {}' }: Kept): string {
  return `
security_settings: { auth_servers: [ ${authServers} ] }
users: [ ${users} ]
applications: [ ${applications} ]
apis:
  - name: orders
    upstream: "${at.upstream}"
    policies: [ identify_and_authorize: { rules: [ { ${rule} } ] } ]
`
}

async function change(scene: Scene, kept: Kept): Promise<void> {
  const status = await scene.gateway.reload(write(places(scene), kept))
  assert.equal(status.result, 'applied', JSON.stringify(status.problems))
}

test('an auth server that is removed takes its tokens with it, verdicts included', async t => {
  const rule = 'jwt: {}, applications: none'
  const scene = await openScene(t, { settings: at => write(at, { rule, authServers: `${IDP(at)}, ${OTHER}` }) })
  const token = await scene.keys.sign()
  await scene.pass({ token })
  await scene.pass({ token })
  await change(scene, { rule, authServers: OTHER })
  await scene.refuse({ token }, { code: 'token.issuer_unknown', challenge: 'invalid_token' })
  await change(scene, { rule, authServers: `${IDP(places(scene))}, ${OTHER}` })
  await scene.pass({ token })
})

test('an auth server that an API accepts no more', async t => {
  const both = (at: Places): string => `${IDP(at)}, ${OTHER}`
  const scene = await openScene(t, {
    settings: at => write(at, { rule: 'jwt: { auth_servers: [ idp ] }, applications: none', authServers: both(at) }),
  })
  const token = await scene.keys.sign()
  await scene.pass({ token })
  await change(scene, {
    rule: 'jwt: { auth_servers: [ other ] }, applications: none',
    authServers: both(places(scene)),
  })
  await scene.refuse({ token }, { code: 'token.issuer_unknown', challenge: 'invalid_token' })
})

test('stricter rules for tokens hold for tokens that are known', async t => {
  const rule = 'jwt: {}, applications: none'
  const scene = await openScene(t, { settings: at => write(at, { rule }) })
  const token = await scene.keys.sign()
  await scene.pass({ token })
  await change(scene, { rule, authServers: IDP(places(scene), ', algorithms: [ PS256 ]') })
  await scene.refuse({ token }, { code: 'token.algorithm_not_allowed', challenge: 'invalid_token' })
  await change(scene, { rule: 'jwt: { audience: required }, applications: none' })
  await scene.refuse({ token }, { code: 'token.claim_missing', challenge: 'invalid_token' })
})

test('an application that is removed, suspended, or loses its claim', async t => {
  const app = (more = ''): string =>
    `{ id: app, name: app, apis: [ orders ], identifiers: { claim_sets: [ { azp: app } ] } ${more} }`
  const scene = await openScene(t, { settings: at => write(at, { applications: app() }) })
  const token = await scene.keys.sign({ azp: 'app' })
  await scene.pass({ token })
  await change(scene, { applications: app(', suspended: true') })
  await scene.refuse({ token }, { code: 'application.suspended' })
  await change(scene, { applications: app().replace('azp: app', 'azp: other') })
  await scene.refuse({ token }, { code: 'application.unidentified' })
  await change(scene, {})
  await scene.refuse({ token }, { code: 'application.unidentified' })
  await change(scene, { applications: app() })
  await scene.pass({ token })
})

test('an API key that is removed or replaced', async t => {
  const app = (key: string): string => `{ id: app, name: app, apis: [ orders ], identifiers: { api_keys: [ ${key} ] } }`
  const rule = 'api_key: {}'
  const scene = await openScene(t, { settings: at => write(at, { rule, applications: app('first-key') }) })
  await scene.pass({ apiKey: 'first-key' })
  await change(scene, { rule, applications: app('second-key') })
  const invalid = { code: 'credentials.invalid', challenge: ['ApiKey realm="orders"'] } as const
  await scene.refuse({ apiKey: 'first-key' }, invalid)
  await scene.pass({ apiKey: 'second-key' })
  await change(scene, { rule })
  await scene.refuse({ apiKey: 'second-key' }, invalid)
})

test('a user who is removed, or has another password, with the old one remembered', async t => {
  const [first, second] = await Promise.all(['first word', 'second word'].map(hashPassword))
  const user = (hash: string | undefined): string => `{ name: alice, password_hash: "${hash}" }`
  const applications = '{ id: app, name: app, apis: [ orders ], identifiers: { users: [ alice ] } }'
  const rule = 'http_basic: {}'
  const scene = await openScene(t, { settings: at => write(at, { rule, applications, users: user(first) }) })
  await scene.pass({ basic: 'alice:first word' })
  await scene.pass({ basic: 'alice:first word' })
  await change(scene, { rule, applications, users: user(second) })
  const invalid = { code: 'credentials.invalid', challenge: ['Basic realm="orders", charset="UTF-8"'] } as const
  await scene.refuse({ basic: 'alice:first word' }, invalid)
  await scene.pass({ basic: 'alice:second word' })
  await change(scene, { rule, applications: applications.replace('users: [ alice ]', 'users: []') })
  await scene.refuse({ basic: 'alice:second word' }, invalid)
})

test('an API that is switched off, and one that is no longer open', async t => {
  const scene = await openScene(t, {
    settings: at => `apis: [ { name: orders, upstream: "${at.upstream}", open: true } ]\n`,
  })
  await scene.pass()
  await change(scene, {})
  await scene.refuse({}, { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] })
  await scene.gateway.reload(
    write(places(scene), {}).replace('  - name: orders', '  - active: false\n    name: orders'),
  )
  assert.equal((await send(scene.gateway.url)).status, 404)
})
