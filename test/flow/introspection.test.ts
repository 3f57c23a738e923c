/** Product.md 3 and 4: opaque tokens are asked about one by one; what is said of one opens nothing by itself, and an outage is ours. */
import assert from 'node:assert/strict'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { jwtVerify } from 'jose'
import { ITEMS, send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { createTestClock } from '../support/clock.ts'
import type { Cleanup } from '../support/command.ts'
import { type IntrospectionServer, startIntrospectionServer } from '../support/introspection-server.ts'
import { fieldsOf, openScene, type Places, type RefusedCall, type Scene, type ScenePlan } from '../support/scene.ts'
import { createTestKey } from '../support/test-key.ts'

const CLIENT = 'clientId: orders-sidecar, clientSecret: "s e:cret"'
const CREDENTIALS = 'orders-sidecar:s+e%3Acret'
const now = (): number => Math.floor(Date.now() / 1000)

interface Asked {
  readonly scene: Scene
  readonly server: IntrospectionServer
}

/** Opens a scene whose auth server `sso` is asked; `remote` and `more` are further settings of it. */
async function openAsked(
  t: Cleanup,
  plan: Omit<ScenePlan, 'settings'> & {
    readonly remote?: string
    readonly issuer?: boolean
    readonly settings?: (places: Places, auth: string) => string
  } = {},
): Promise<Asked> {
  const server = await startIntrospectionServer()
  t.after(() => server.close())
  const { remote = CLIENT, issuer = false, settings = onlyOauth2, ...rest } = plan
  const scene = await openScene(t, {
    ...rest,
    settings: places => {
      const local = issuer
        ? `localIntrospectionConfig: { issuer: "${places.issuer}", jwksuri: "${places.jwksUri}" }`
        : ''
      return settings(
        places,
        `
security_settings:
  auth_servers:
    - name: sso
      ${local}
      remoteIntrospectionConfig: { introspectionEndpoint: "${server.endpoint}", ${remote} }`,
      )
    },
  })
  return { scene, server }
}

function onlyOauth2({ upstream }: Places, auth: string): string {
  return `${auth}
applications:
  - { name: billing, id: billing, apis: [ orders ], identifiers: { client_ids: [ billing-batch ] } }
  - { name: claims, id: claims, apis: [ orders ], identifiers: { claim_sets: [ { username: carol } ] } }
  - { name: stranger, id: stranger, identifiers: { client_ids: [ other-client ] } }
apis:
  - name: orders
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { oauth2: {} } ] } ]
`
}

test('an active token names its application by client_id or by claim sets, and everything else is refused', async t => {
  const { scene, server } = await openAsked(t, { issuer: true })
  server.client = CREDENTIALS
  const answers: Readonly<Record<string, unknown>> = {
    good: { active: true, client_id: 'billing-batch', scope: 'read', exp: now() + 300 },
    carol: { active: true, username: 'carol', client_id: 'somebody' },
    foreign: { active: true, client_id: 'other-client' },
    unknown: { active: true, client_id: 'nobody-we-know' },
    silent: { active: true },
    inactive: { active: false, client_id: 'billing-batch' },
    expired: { active: true, client_id: 'billing-batch', exp: now() - 120 },
    later: { active: true, client_id: 'billing-batch', nbf: now() + 120 },
    worded: { active: true, client_id: 'billing-batch', exp: String(now() + 300) },
    elsewhere: { active: true, client_id: 'billing-batch', iss: 'https://evil.example.com' },
    listed: { active: true, client_id: 'billing-batch', iss: [scene.keys.issuer] },
    refresh: { active: true, client_id: 'billing-batch', token_type: 'refresh_token' },
    offline: { active: true, client_id: 'billing-batch', typ: 'Offline' },
    identity: { active: true, client_id: 'billing-batch', typ: 'ID' },
    audience: { active: true, client_id: 'billing-batch', aud: 'somebody-else' },
    nobody: { active: true, client_id: 'billing-batch', aud: [] },
    numbers: { active: true, client_id: 'billing-batch', aud: [7] },
    bound: { active: true, client_id: 'billing-batch', cnf: { 'x5t#S256': Buffer.alloc(32).toString('base64url') } },
    keyed: { active: true, client_id: 'billing-batch', cnf: { jkt: Buffer.alloc(32).toString('base64url') } },
    strange: { active: true, client_id: 'billing-batch', cnf: { kid: 'x' } },
  }
  for (const [token, answer] of Object.entries(answers)) server.answers.set(token, answer)

  await t.test('by client_id', async () => {
    const { record, seen } = await scene.pass({ token: 'good' })
    assert.equal(record['microgateway.application'], 'billing')
    assert.equal(record['microgateway.auth_server'], 'sso')
    assert.equal(fieldsOf(seen)['authorization'], 'Bearer good')
    const [question] = server.questions
    assert.equal(question?.form.get('token'), 'good')
    assert.equal(question?.form.get('token_type_hint'), 'access_token')
    assert.equal(question?.form.get('client_secret'), null)
    assert.equal(question?.headers['content-type'], 'application/x-www-form-urlencoded')
    assert.equal(question?.headers.accept, 'application/json')
  })
  await t.test('by a claim set, where the client is nobody here', async () => {
    assert.equal((await scene.pass({ token: 'carol' })).record['microgateway.application'], 'claims')
  })

  const invalid = (token: string, code: RefusedCall['code']): RefusedCall => ({
    name: `${token} is ${code}`,
    call: { token },
    code,
    challenge: 'invalid_token',
  })
  await scene.refuseAll(t, [
    { name: 'nothing presented', call: {}, code: 'credentials.missing', challenge: ['Bearer realm="orders"'] },
    invalid('never-heard-of', 'token.inactive'),
    invalid('inactive', 'token.inactive'),
    invalid('refresh', 'token.inactive'),
    invalid('offline', 'token.inactive'),
    invalid('identity', 'token.inactive'),
    invalid('expired', 'token.expired'),
    invalid('later', 'token.not_yet_valid'),
    invalid('worded', 'token.claim_invalid'),
    invalid('elsewhere', 'token.issuer_unknown'),
    invalid('listed', 'token.claim_invalid'),
    invalid('audience', 'token.audience_rejected'),
    invalid('nobody', 'token.audience_rejected'),
    invalid('numbers', 'token.claim_invalid'),
    invalid('bound', 'token.certificate_mismatch'),
    invalid('strange', 'token.claim_invalid'),
    { name: 'of a client of another API', call: { token: 'foreign' }, code: 'application.not_registered' },
    { name: 'of an unknown client', call: { token: 'unknown' }, code: 'application.unidentified' },
    { name: 'of nobody', call: { token: 'silent' }, code: 'application.unidentified' },
    {
      name: 'larger than any token may be',
      call: { token: 'x'.repeat(8_193) },
      code: 'token.too_large',
      challenge: 'invalid_request',
    },
  ])
  await t.test('a token that is bound to a key is nothing without a proof', async () => {
    const answer = await scene.call({ token: 'keyed' })
    assert.deepEqual([answer.status, answer.json()['code']], [401, 'token.proof_required'])
    assert.match(answer.fields.get('www-authenticate')?.join() ?? '', /DPoP realm="orders"/)
  })
  await t.test('a second token, or none behind the scheme, is not asked about', async () => {
    const asked = server.questions.length
    await scene.refuse(
      { lines: ['Authorization', 'Bearer good', 'Authorization', 'Bearer good'] },
      { code: 'credentials.multiple', challenge: 'invalid_request', realm: 'microgateway' },
    )
    assert.equal(server.questions.length, asked)
  })
})

test('an endpoint that fails is our outage: 503 with Retry-After, never the caller’s 401', async t => {
  const { scene, server } = await openAsked(t, { remote: `${CLIENT}, timeout: 150ms` })
  server.issue('good', { client_id: 'billing-batch' })
  const answers: Readonly<Record<string, readonly [unknown, string]>> = {
    'active as a string': [{ active: 'true', client_id: 'billing-batch' }, 'no active member'],
    'active as a number': [{ active: 1, client_id: 'billing-batch' }, 'no active member'],
    'active as a list': [{ active: [true], client_id: 'billing-batch' }, 'no active member'],
    'active missing': [{ client_id: 'billing-batch' }, 'no active member'],
    'active twice': ['{"active":false,"active":true,"client_id":"billing-batch"}', 'not json'],
    'a list': ['[{"active":true}]', 'not json'],
    'half a JSON text': ['{"active":true', 'not json'],
    nothing: ['', 'not json'],
  }
  const modes = {
    status500: 'status 500',
    status401: 'status 401',
    html: 'not json',
    huge: 'too large',
    redirect: 'redirect 302',
    cut: 'cut short',
    refuse: 'cut short',
    hang: 'timeout',
  } as const
  let number = 0
  const outage = async (name: string, reason: string): Promise<void> => {
    await t.test(name, async () => {
      number += 1
      const token = `token-${number}`
      server.answers.set(token, server.answers.get('next') ?? { active: true, client_id: 'billing-batch' })
      const answer = await scene.refuse(
        { token },
        { code: 'introspection.unavailable', facts: { authServer: 'sso', reason } },
      )
      assert.match(answer.field('retry-after') ?? '', /^[1-9]\d*$/)
      assert.equal(answer.field('www-authenticate'), undefined)
      // A good answer in between keeps the endpoint open for the next fault.
      server.mode = 'ok'
      server.issue(`recovery-${number}`, { client_id: 'billing-batch' })
      await scene.pass({ token: `recovery-${number}` })
    })
  }
  for (const [name, [answer, reason]] of Object.entries(answers)) {
    server.answers.set('next', answer)
    await outage(name, reason)
  }
  server.answers.delete('next')
  for (const [mode, reason] of Object.entries(modes)) {
    server.mode = mode as keyof typeof modes
    await outage(mode, reason)
  }
  await t.test('the log says so, and names no token', () => {
    const lines = scene.gateway.log.filter(line => String(line.msg).startsWith('the introspection endpoint'))
    assert.ok(lines.length > 0)
    assert.ok(!JSON.stringify(scene.gateway.log).includes('recovery-'))
    assert.ok(!JSON.stringify(scene.gateway.log).includes('s e:cret'))
  })
})

test('our own credentials that are refused are an error in the log', async t => {
  const { scene, server } = await openAsked(t)
  server.client = 'somebody:else'
  server.issue('good', { client_id: 'billing-batch' })
  await scene.refuse({ token: 'good' }, { code: 'introspection.unavailable', facts: { reason: 'status 401' } })
  assert.ok(scene.gateway.log.some(line => line.level === 'error' && line['reason'] === 'status 401'))
})

test('a dead endpoint is not hammered, and is noticed when it is back', async t => {
  const clock = createTestClock()
  const { scene, server } = await openAsked(t, { clock })
  server.mode = 'status500'
  for (let i = 0; i < 20; i++) await scene.refuse({ token: `bad-${i}` }, { code: 'introspection.unavailable' })
  assert.equal(server.questions.length, 3, 'after three failures nobody gets through')
  server.mode = 'ok'
  server.issue('good', { client_id: 'billing-batch' })
  await scene.refuse({ token: 'good' }, { code: 'introspection.unavailable', facts: { reason: 'status 500' } })
  clock.advance(1_000)
  await scene.pass({ token: 'good' })
  server.issue('next', { client_id: 'billing-batch' })
  await scene.pass({ token: 'next' })
})

test('a hundred calls with one token are one question', async t => {
  const { scene, server } = await openAsked(t)
  server.issue('good', { client_id: 'billing-batch' })
  server.mode = 'slow'
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(scene.gateway.url, { token: 'good' })))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.equal(server.questions.length, 1)
})

test('what was said is used again for a while, at most until exp, and then asked anew', async t => {
  const clock = createTestClock()
  const { scene, server } = await openAsked(t, { clock, remote: `${CLIENT}, cache: 30s, inactive_cache: 5s` })
  const seconds = Math.floor(clock.now() / 1000)
  server.issue('good', { client_id: 'billing-batch', exp: seconds + 3_600 })
  await scene.pass({ token: 'good' })
  await scene.pass({ token: 'good' })
  assert.equal(server.questions.length, 1)

  await t.test('a revoked token passes for no longer than that', async () => {
    server.answers.delete('good')
    await scene.pass({ token: 'good' })
    clock.advance(30_000)
    await scene.refuse({ token: 'good' }, { code: 'token.inactive', challenge: 'invalid_token' })
    assert.equal(server.questions.length, 2)
  })
  await t.test('that a token is not active is remembered for a few seconds', async () => {
    server.issue('good', { client_id: 'billing-batch' })
    await scene.refuse({ token: 'good' }, { code: 'token.inactive', challenge: 'invalid_token' })
    assert.equal(server.questions.length, 2)
    clock.advance(5_000)
    await scene.pass({ token: 'good' })
    assert.equal(server.questions.length, 3)
  })
  await t.test('no longer than until exp', async () => {
    const at = Math.floor(clock.now() / 1000)
    server.issue('short', { client_id: 'billing-batch', exp: at + 3 })
    await scene.pass({ token: 'short' })
    clock.advance(3_000)
    server.answers.delete('short')
    await scene.refuse({ token: 'short' }, { code: 'token.inactive', challenge: 'invalid_token' })
  })
  await t.test('an outage changes nothing for what is remembered, and everything for the rest', async () => {
    server.mode = 'status500'
    await scene.pass({ token: 'good' })
    await scene.refuse({ token: 'another' }, { code: 'introspection.unavailable' })
    clock.advance(30_000)
    await scene.refuse({ token: 'good' }, { code: 'introspection.unavailable' })
  })
})

const twoApis = ({ upstream }: Places, auth: string): string => `${auth}
applications:
  - { name: billing, id: billing, apis: [ orders, strict ], identifiers: { client_ids: [ billing-batch ] } }
apis:
  - name: orders
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { oauth2: { audience: off }, applications: none } ] } ]
  - name: scoped
    upstream: "${upstream}"
    policies:
      - identify_and_authorize: { rules: [ { oauth2: { audience: off }, applications: none } ] }
      - require_scopes: { all: [ write ] }
  - name: strict
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { oauth2: { audience: required } } ] } ]
  - name: closed
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { oauth2: { audience: off } } ] } ]
  - name: claimed
    upstream: "${upstream}"
    policies:
      - identify_and_authorize: { rules: [ { oauth2: { audience: off }, applications: none } ] }
      - require: "claims.tenant == 'acme'"
`

test('a verdict for one API opens no other: each judges the same answer by its own rules', async t => {
  const { scene, server } = await openAsked(t, { settings: twoApis })
  server.issue('weak', { scope: 'read', aud: 'elsewhere' })
  await scene.pass({ token: 'weak' })
  const at = (api: string) => ({ token: 'weak', path: ITEMS.replace('orders', api) })
  await scene.refuse(at('scoped'), { code: 'scope.insufficient', challenge: 'insufficient_scope', realm: 'scoped' })
  await scene.refuse(at('strict'), { code: 'token.audience_rejected', challenge: 'invalid_token', realm: 'strict' })
  await scene.refuse(at('closed'), { code: 'application.unidentified', realm: 'closed' })
  await scene.refuse(at('claimed'), { code: 'requirement.not_met', realm: 'claimed' })
  await scene.pass({ token: 'weak' })
  assert.equal(server.questions.length, 1, 'all of that is one question')
  server.issue('strong', { scope: 'read write', aud: 'billing', client_id: 'billing-batch', tenant: 'acme' })
  for (const api of ['orders', 'scoped', 'strict', 'claimed']) {
    await scene.pass({ token: 'strong', path: ITEMS.replace('orders', api) })
  }
})

test('other settings of the auth server remember nothing of what was said under the old ones', async t => {
  let settings = ''
  const { scene, server } = await openAsked(t, {
    settings: (places, auth) => {
      settings = onlyOauth2(places, auth)
      return settings
    },
  })
  server.issue('good', { client_id: 'billing-batch' })
  await scene.pass({ token: 'good' })
  assert.equal((await scene.gateway.reload(`name: other\n${settings}`)).result, 'applied')
  await scene.pass({ token: 'good' })
  assert.equal(server.questions.length, 1, 'a reload that leaves the auth server alone asks nothing')
  server.answers.delete('good')
  const changed = settings.replace('orders-sidecar', 'another-client')
  assert.equal((await scene.gateway.reload(changed)).result, 'applied')
  await scene.refuse({ token: 'good' }, { code: 'token.inactive', challenge: 'invalid_token' })
  assert.equal(server.questions.length, 2)
})

const together =
  (acceptJwt: boolean) =>
  ({ upstream, issuer, jwksUri }: Places, auth: string): string =>
    `${auth}
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" }
apis:
  - name: orders
    upstream: "${upstream}"
    policies:
      - identify_and_authorize:
          rules:
            - { jwt: { auth_servers: [ idp ] }, applications: none }
            - { oauth2: { auth_servers: [ sso ], accept_jwt: ${acceptJwt} }, applications: none }
`

test('beside a jwt rule, JWTs are verified and opaque tokens are asked about', async t => {
  const { scene, server } = await openAsked(t, { settings: together(false) })
  server.issue('opaque')
  server.issue('a.b.c')
  assert.equal((await scene.pass({ token: 'opaque' })).record['microgateway.auth_server'], 'sso')
  await scene.pass({ token: 'a.b.c' })
  const jwt = await scene.keys.sign()
  assert.equal((await scene.pass({ token: jwt })).record['microgateway.auth_server'], 'idp')
  assert.equal(server.questions.length, 2)
  await t.test('an endpoint that calls a bad JWT active opens nothing', async () => {
    const stranger = createTestKey('ES256')
    const forged = await scene.keys.sign({}, { key: stranger })
    const expired = await scene.keys.sign({ exp: 1_000 })
    const foreign = await scene.keys.sign({ iss: 'https://other.example.com' })
    for (const token of [forged, expired, foreign, `${jwt.split('.', 2).join('.')}.`]) server.issue(token)
    await scene.refuse({ token: forged }, { code: 'token.key_unknown', challenge: 'invalid_token' })
    await scene.refuse({ token: expired }, { code: 'token.expired', challenge: 'invalid_token' })
    await scene.refuse({ token: foreign }, { code: 'token.issuer_unknown', challenge: 'invalid_token' })
    assert.equal(server.questions.length, 2)
  })
  await t.test('an opaque token that is not active is refused', async () => {
    await scene.refuse({ token: 'nothing' }, { code: 'token.inactive', challenge: 'invalid_token' })
  })
})

test('with accept_jwt, JWTs of issuers that no jwt rule knows are asked about, and no others', async t => {
  const { scene, server } = await openAsked(t, { settings: together(true) })
  const foreign = await scene.keys.sign({ iss: 'https://other.example.com' })
  const nobody = await scene.keys.sign({ iss: undefined })
  server.issue(foreign)
  assert.equal((await scene.pass({ token: foreign })).record['microgateway.auth_server'], 'sso')
  await scene.refuse({ token: nobody }, { code: 'token.inactive', challenge: 'invalid_token' })
  const expired = await scene.keys.sign({ exp: 1_000 })
  server.issue(expired)
  await scene.refuse({ token: expired }, { code: 'token.expired', challenge: 'invalid_token' })
  assert.equal(server.questions.length, 2)
})

test('several auth servers are asked in turn until one knows the token', async t => {
  const second = await startIntrospectionServer()
  t.after(() => second.close())
  const settings = ({ upstream }: Places, auth: string): string => `${auth}
    - name: second
      remoteIntrospectionConfig: { introspectionEndpoint: "${second.endpoint}", ${CLIENT} }
apis:
  - name: orders
    upstream: "${upstream}"
    policies: [ identify_and_authorize: { rules: [ { oauth2: {}, applications: none } ] } ]
`
  const { scene, server } = await openAsked(t, { settings })
  server.issue('one')
  second.issue('two')
  second.issue('three')
  assert.equal((await scene.pass({ token: 'one' })).record['microgateway.auth_server'], 'sso')
  assert.equal(second.questions.length, 0, 'the second sees nothing of what the first knows')
  assert.equal((await scene.pass({ token: 'two' })).record['microgateway.auth_server'], 'second')
  await scene.refuse({ token: 'none' }, { code: 'token.inactive', challenge: 'invalid_token' })
  server.mode = 'status500'
  await scene.refuse({ token: 'other' }, { code: 'introspection.unavailable', facts: { authServer: 'sso' } })
  assert.equal((await scene.pass({ token: 'three' })).record['microgateway.auth_server'], 'second')
})

test('signed answers are believed by issuer, audience, type, age and signature', async t => {
  const { scene, server } = await openAsked(t, { issuer: true, remote: `${CLIENT}, signed_answers: required` })
  const { keys } = scene
  const type = 'application/token-introspection+jwt'
  const signing =
    (claims: Record<string, unknown>, options: Parameters<typeof keys.sign>[1] = {}): IntrospectionServer['sign'] =>
    async answer => {
      const body = await keys.sign(
        { aud: 'orders-sidecar', exp: undefined, token_introspection: answer, ...claims },
        { header: { typ: 'token-introspection+jwt' }, ...options },
      )
      return { type, body }
    }
  let number = 0
  const ask = (): string => {
    number += 1
    server.issue(`token-${number}`, { client_id: 'billing-batch' })
    return `token-${number}`
  }
  server.sign = signing({})
  await scene.pass({ token: ask() })
  assert.equal(server.questions[0]?.headers.accept, type)
  const refused: readonly (readonly [string, IntrospectionServer['sign'], string])[] = [
    [
      'by a stranger',
      signing({}, { key: createTestKey('ES256'), header: { typ: 'token-introspection+jwt', kid: undefined } }),
      'signed answer with a bad signature',
    ],
    ['of another issuer', signing({ iss: 'https://evil.example.com' }), 'signed answer of another issuer'],
    ['for another client', signing({ aud: 'somebody' }), 'signed answer for another client'],
    ['for nobody', signing({ aud: undefined }), 'signed answer for another client'],
    ['that is an access token', signing({}, { header: { typ: 'at+jwt' } }), 'signed answer of another type'],
    ['of yesterday', signing({ iat: now() - 86_400 }), 'signed answer of another time'],
    ['without a time', signing({ iat: undefined }), 'signed answer of another time'],
    [
      'without an answer',
      signing({ token_introspection: undefined, active: true }),
      'signed answer without token_introspection',
    ],
    ['that is no JWT', async () => ({ type, body: '{"active":true}' }), 'signed answer malformed'],
    ['that is none', undefined, 'answer not signed'],
  ]
  for (const [name, sign, reason] of refused) {
    await t.test(`an answer ${name}`, async () => {
      server.sign = sign
      await scene.refuse({ token: ask() }, { code: 'introspection.unavailable', facts: { reason } })
      server.sign = signing({})
      await scene.pass({ token: ask() })
    })
  }
  await t.test('a signed answer is no access token', async () => {
    const { body } = (await server.sign?.({ active: true })) ?? { body: '' }
    await scene.refuse({ token: body }, { code: 'token.inactive', challenge: 'invalid_token' })
  })
})

test('an assertion signed with a key of a keystore says who asks, and its key may change', async t => {
  const issued = makeCertificate('DNS:gateway')
  const { scene, server } = await openAsked(t, {
    issuer: true,
    files: { 'client.key': issued.key, 'client.crt': issued.cert },
    remote: 'client_authentication: private_key_jwt, clientId: orders-sidecar, keyStoreAlias: edge',
    settings: (places, auth) =>
      onlyOauth2(places, auth).replace(
        'security_settings:',
        `security_settings:
  keystores: [ { name: edge, entries: [ { alias: client, certificate: client.crt, private_key: client.key } ] } ]`,
      ),
  })
  server.issue('good', { client_id: 'billing-batch' })
  await scene.pass({ token: 'good' })
  const form = server.questions[0]?.form
  assert.equal(form?.get('client_id'), 'orders-sidecar')
  const verified = await jwtVerify(form?.get('client_assertion') ?? '', createPublicKey(issued.cert), {
    audience: scene.keys.issuer,
    issuer: 'orders-sidecar',
    subject: 'orders-sidecar',
  })
  const fingerprint = new X509Certificate(issued.cert).fingerprint256.replaceAll(':', '')
  assert.equal(verified.protectedHeader['x5t#S256'], Buffer.from(fingerprint, 'hex').toString('base64url'))
  await t.test('a new key is used after a reload, and what was said under the old one is forgotten', async () => {
    const next = makeCertificate('DNS:gateway')
    scene.gateway.write('client.key', next.key)
    scene.gateway.write('client.crt', next.cert)
    assert.equal((await scene.gateway.gateway.reload('admin')).result, 'applied')
    await scene.pass({ token: 'good' })
    await jwtVerify(server.questions[1]?.form.get('client_assertion') ?? '', createPublicKey(next.cert))
  })
})

test('our own deny list counts beside what the auth server says, at once', async t => {
  let settings = ''
  const { scene, server } = await openAsked(t, {
    issuer: true,
    settings: (places, auth) => {
      settings = onlyOauth2(places, auth)
      return settings
    },
  })
  server.issue('good', { client_id: 'billing-batch', jti: 'one', exp: now() + 300 })
  await scene.pass({ token: 'good' })
  const revoked = settings.replace(
    'security_settings:',
    `security_settings:
  revocations: [ { auth_server: sso, jti: one } ]`,
  )
  assert.equal((await scene.gateway.reload(revoked)).result, 'applied')
  await scene.refuse({ token: 'good' }, { code: 'token.revoked', challenge: 'invalid_token' })
})

test('the status page and the metrics tell how an endpoint is', async (t: TestContext) => {
  const { scene, server } = await openAsked(t)
  server.issue('good', { client_id: 'billing-batch' })
  await scene.pass({ token: 'good' })
  await scene.pass({ token: 'good' })
  await scene.refuse({ token: 'bad' }, { code: 'token.inactive', challenge: 'invalid_token' })
  const [view] = scene.gateway.gateway.view.authServers()
  assert.partialDeepStrictEqual(view, {
    apis: ['orders'],
    introspection: { state: 'ok', requests: { active: 1, inactive: 1, failed: 0 }, cacheHits: 1, cached: 2 },
  })
})
