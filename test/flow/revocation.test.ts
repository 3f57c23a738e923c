/** Product.md 4, step 4: what is revoked is refused at once, known verdict or not, wherever the revocation comes from. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MOST_KEPT_ENTRIES } from '../../src/tokens/kept-revocations.ts'
import { type Answer, open, send } from '../support/call.ts'
import { openGateway, refuseGateway, type TestGateway } from '../support/gateway.ts'
import { readAdminPage, readMetric, readStatus } from '../support/reloads.ts'
import { openScene, type Places, type Scene } from '../support/scene.ts'
import { startUpstream, until } from '../support/upstream.ts'

const REVOCATIONS = '/rest/microgateway/revocations'

const settings =
  (more = '') =>
  ({ upstream, jwksUri, issuer }: Places): string =>
    `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" }
    - { name: other, localIntrospectionConfig: { issuer: other, jwksuri: "${jwksUri}" } }
${more}
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
  - { name: others, upstream: "${upstream}", policies: [ jwt: other ] }
`

const revoked = { code: 'token.revoked', challenge: 'invalid_token', facts: { authServer: 'idp' } } as const

function placesOf({ upstream, keys }: Scene): Places {
  return { upstream: upstream.origin, jwksUri: keys.jwksUri, issuer: keys.issuer }
}

function adminToken({ folder }: Pick<TestGateway, 'folder'>): string {
  return readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
}

function revoke(gateway: TestGateway, entry: unknown): Promise<Answer> {
  return send(gateway.adminUrl, {
    method: 'POST',
    path: REVOCATIONS,
    token: adminToken(gateway),
    lines: ['Content-Type', 'application/json'],
    body: typeof entry === 'string' ? entry : JSON.stringify(entry),
  })
}

function restore(gateway: TestGateway, id: unknown): Promise<Answer> {
  return send(gateway.adminUrl, { method: 'DELETE', path: `${REVOCATIONS}?id=${id}`, token: adminToken(gateway) })
}

test('entries of the settings revoke what passed a moment ago, and no other', async t => {
  const scene = await openScene(t, { settings: settings() })
  const places = placesOf(scene)
  const now = Math.floor(Date.now() / 1000)
  const before = new Date(now * 1000).toISOString()
  const token = await scene.keys.sign({ jti: 'one', sub: 'alice' })
  const old = await scene.keys.sign({ jti: 'two', sub: 'bob', iat: now - 10, groups: ['staff', 'night'] })
  const fresh = await scene.keys.sign({ jti: 'three', sub: 'bob', iat: now, groups: [] })
  const timeless = await scene.keys.sign({ sub: 'bob', iat: undefined })
  const foreign = await scene.keys.sign({ iss: 'other', jti: 'one', sub: 'bob', iat: now - 10 })
  for (const good of [token, old, fresh, timeless]) await scene.pass({ token: good })
  await scene.pass({ token: foreign, path: '/others' })
  const reload = async (...entries: readonly string[]): Promise<void> => {
    const list = entries.length === 0 ? '' : `  revocations:\n${entries.map(entry => `    - ${entry}\n`).join('')}`
    assert.equal((await scene.gateway.reload(settings(list)(places))).result, 'applied')
  }

  await t.test('by jti, of this issuer only', async () => {
    await reload('{ auth_server: idp, jti: one }')
    await scene.refuse({ token }, revoked)
    await scene.pass({ token: old })
    await scene.pass({ token: foreign, path: '/others' })
  })
  await t.test('by claim and time: what is older, and what does not say', async () => {
    await reload(`{ auth_server: idp, claim: sub, value: bob, before: "${before}" }`)
    await scene.refuse({ token: old }, revoked)
    await scene.refuse({ token: timeless }, revoked)
    await scene.pass({ token: fresh })
    await scene.pass({ token })
    await scene.pass({ token: foreign, path: '/others' })
  })
  await t.test('by a value in a list', async () => {
    await reload(`{ auth_server: idp, claim: groups, value: night, before: "${before}" }`)
    await scene.refuse({ token: old }, revoked)
    await scene.pass({ token: fresh })
  })
  await t.test('not after `until`', async () => {
    await reload(`{ auth_server: idp, jti: one, until: "${new Date(Date.now() - 1000).toISOString()}" }`)
    await scene.pass({ token })
  })
  await t.test('nor once they are gone', async () => {
    await reload('{ auth_server: idp, jti: one }')
    await scene.refuse({ token }, revoked)
    await reload()
    await scene.pass({ token })
  })
  await t.test('a token that was never seen is refused the same', async () => {
    await reload('{ auth_server: idp, jti: four }')
    await scene.refuse({ token: await scene.keys.sign({ jti: 'four' }) }, revoked)
  })
  assert.equal(await readMetric(scene.gateway, 'microgateway_revocations{source="settings"}'), 1)
})

test('the order of claims, or another signature under the same claims, is no way around a revocation', async t => {
  const list = '  revocations: [ { auth_server: idp, jti: one } ]'
  const scene = await openScene(t, { settings: settings(list), algorithms: ['ES256'] })
  for (const claims of [
    { jti: 'one', sub: 'a' },
    { sub: 'a', jti: 'one' },
    { sub: 'a', jti: 'one', extra: true },
  ])
    await scene.refuse({ token: await scene.keys.sign(claims) }, revoked)
  const [header = '', payload = '', signature = ''] = (await scene.keys.sign({ jti: 'one' })).split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  await scene.refuse({ token: `${header}.${payload}.${twin.toString('base64url')}` }, revoked)
})

test('an operator revokes, and takes it back', async t => {
  const scene = await openScene(t, { settings: settings() })
  const { gateway } = scene
  const token = await scene.keys.sign({ jti: 'one', sub: 'alice' })
  await scene.pass({ token })

  const answer = await revoke(gateway, { auth_server: 'idp', jti: 'one' })
  assert.equal(answer.status, 201, answer.body)
  await scene.refuse({ token }, revoked)
  const entry = answer.json()
  assert.equal(entry['issuer'], scene.keys.issuer)

  const again = await revoke(gateway, { auth_server: 'idp', jti: 'one' })
  assert.equal(again.status, 200)
  assert.equal(again.json()['id'], entry['id'])
  const page = (await readAdminPage(gateway, REVOCATIONS)).json()
  assert.deepEqual(page['revocations'], [entry])
  assert.deepEqual((await readStatus(gateway))['revocations'], { settings: 0, admin: 1 })
  assert.equal(await readMetric(gateway, 'microgateway_revocations{source="admin"}'), 1)

  assert.equal((await restore(gateway, entry['id'])).status, 200)
  await scene.pass({ token })
  assert.equal((await restore(gateway, entry['id'])).status, 404)
  assert.equal((await restore(gateway, '../x')).status, 400)

  const later = new Date(Date.now() + 60_000).toISOString()
  const cut = await revoke(gateway, { auth_server: 'idp', claim: 'sub', value: 'alice', before: later })
  assert.equal(cut.status, 201, cut.body)
  await scene.refuse({ token }, revoked)
})

test('what is not exactly an entry is refused and changes nothing', async t => {
  const scene = await openScene(t, { settings: settings() })
  const { gateway } = scene
  const token = await scene.keys.sign({ jti: 'one' })
  const bodies: readonly unknown[] = [
    {},
    { auth_server: 'idp' },
    { auth_server: 'nobody', jti: 'one' },
    { auth_server: 'idp', jti: 1 },
    { auth_server: 'idp', jti: '' },
    { auth_server: 'idp', jti: 'x'.repeat(257) },
    { auth_server: 'idp', jti: 'one', comment: 'unknown members are refused' },
    { auth_server: 'idp', jti: 'one', claim: 'sub', value: 'alice', before: '2026-01-01T00:00:00Z' },
    { auth_server: 'idp', jti: 'one', until: 'tomorrow' },
    { auth_server: 'idp', jti: 'one', exp: '1' },
    { auth_server: 'idp', claim: 'sub', value: 'alice' },
    { auth_server: 'idp', claim: 'sub', value: null, before: '2026-01-01T00:00:00Z' },
    { auth_server: 'idp', claim: 'sub', value: 'alice', before: '2026-02-30T00:00:00Z' },
    [{ auth_server: 'idp', jti: 'one' }],
    '{"auth_server":"idp","jti":"two","jti":"one"}',
    '{"auth_server":"idp","jti":"one"',
    '',
  ]
  for (const body of bodies) {
    const answer = await revoke(gateway, body)
    assert.equal(answer.status, 400, JSON.stringify(body))
  }
  const huge = await revoke(gateway, { auth_server: 'idp', jti: 'one', pad: 'x'.repeat(70_000) })
  assert.equal(huge.status, 413)
  const form = await send(gateway.adminUrl, {
    method: 'POST',
    path: REVOCATIONS,
    token: adminToken(gateway),
    lines: ['Content-Type', 'text/plain'],
    body: JSON.stringify({ auth_server: 'idp', jti: 'one' }),
  })
  assert.equal(form.status, 400, 'no web page can send it without being asked first')
  for (const method of ['GET', 'POST', 'DELETE'])
    assert.equal((await send(gateway.adminUrl, { method, path: REVOCATIONS })).status, 401)
  await scene.refuse({ method: 'POST', path: REVOCATIONS }, { code: 'route.not_found' })
  assert.deepEqual((await readAdminPage(gateway, REVOCATIONS)).json()['revocations'], [])
  await scene.pass({ token })
})

test('what an operator revoked survives a restart, a rename of its auth server, and no damage goes unseen', async t => {
  const scene = await openScene(t, { settings: settings() })
  const token = await scene.keys.sign({ jti: 'one' })
  assert.equal((await revoke(scene.gateway, { auth_server: 'idp', jti: 'one' })).status, 201)
  const kept = readFileSync(join(scene.gateway.folder, 'data', 'revocations.json'), 'utf8')
  const renamed = settings()(placesOf(scene)).replaceAll(/\bidp\b/g, 'staff')

  const restart = (text: string): Promise<TestGateway> =>
    openGateway(t, { settings: `state_dir: ./kept\n${renamed}`, prepare: folder => keep(folder, text) })
  const after = await restart(kept)
  assert.equal((await send(after.url, { token })).status, 401)
  assert.equal((await send(after.url, { token: await scene.keys.sign({ jti: 'two' }) })).status, 200)

  const entry = (JSON.parse(kept) as { revocations: readonly object[] }).revocations[0]
  const many = { revocations: Array.from({ length: MOST_KEPT_ENTRIES + 1 }, (_, i) => ({ ...entry, jti: `j${i}` })) }
  const damaged: readonly string[] = [
    '',
    kept.slice(0, -4),
    '{"revocations":[],"more":1}',
    kept.replace('"jti"', '"jtl"'),
    JSON.stringify({ revocations: [{ ...entry, note: 'x' }] }),
    JSON.stringify({ revocations: [{ ...entry, issuer: undefined }] }),
    JSON.stringify(many),
  ]
  for (const text of damaged) {
    const why = await refuseGateway(t, {
      settings: `state_dir: ./kept\n${renamed}`,
      prepare: folder => keep(folder, text),
    })
    assert.match(why, /what was revoked cannot be read/)
  }
})

test('a state folder that cannot be written any more keeps a revocation in force, and one that is taken back too', async t => {
  const scene = await openScene(t, {
    settings: places => `admin_api: { user: op, password: a-long-password-1 }\n${settings()(places)}`,
  })
  const { adminUrl, folder } = scene.gateway
  const ask = (method: string, path: string, entry?: unknown): Promise<Answer> =>
    send(adminUrl, {
      method,
      path,
      basic: 'op:a-long-password-1',
      ...(entry !== undefined && { lines: ['Content-Type', 'application/json'], body: JSON.stringify(entry) }),
    })
  const first = await scene.keys.sign({ jti: 'one' })
  const second = await scene.keys.sign({ jti: 'two' })
  await scene.pass({ token: second })
  const { id } = (await ask('POST', REVOCATIONS, { auth_server: 'idp', jti: 'one' })).json()
  rmSync(join(folder, 'data'), { recursive: true })
  writeFileSync(join(folder, 'data'), 'a file where the folder was')

  const added = await ask('POST', REVOCATIONS, { auth_server: 'idp', jti: 'two' })
  const removed = await ask('DELETE', `${REVOCATIONS}?id=${id}`)
  for (const answer of [added, removed]) {
    assert.equal(answer.status, 503, answer.body)
    assert.equal(answer.json()['code'], 'revocation.not_kept')
  }
  await scene.refuse({ token: first }, revoked)
  await scene.refuse({ token: second }, revoked)

  rmSync(join(folder, 'data'))
  assert.equal((await ask('DELETE', `${REVOCATIONS}?id=${id}`)).status, 200)
  await scene.pass({ token: first })
  assert.match(readFileSync(join(folder, 'data', 'revocations.json'), 'utf8'), /"jti":"two"/)
})

interface ListServer {
  readonly url: string
  /** Requests so far, and how many of them could be answered with 304. */
  readonly requests: readonly IncomingMessage[]
  answer: (request: IncomingMessage, response: ServerResponse) => void
  say(document: unknown): void
}

async function startListServer(t: TestContext): Promise<ListServer> {
  const requests: IncomingMessage[] = []
  const http = createServer((request, response) => {
    requests.push(request)
    server.answer(request, response)
  })
  const server: ListServer = {
    url: '',
    requests,
    answer: () => {},
    say(document) {
      const text = typeof document === 'string' ? document : JSON.stringify(document)
      const etag = `"${text.length}-${requests.length}"`
      server.answer = (request, response) => {
        if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end()
        else response.writeHead(200, { etag, 'content-type': 'application/json' }).end(text)
      }
    },
  }
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    http.closeAllConnections()
    return new Promise(resolve => http.close(resolve))
  })
  return Object.defineProperty(server, 'url', {
    value: `http://127.0.0.1:${(http.address() as AddressInfo).port}/list`,
  })
}

const listed = (url: string): string =>
  `  revocation_list: { url: "${url}", interval: 50ms, timeout: 2s, max_bytes: 8KiB }`

test('a list that is polled revokes, and its last good state stands whatever comes after it', async t => {
  const server = await startListServer(t)
  server.say({ revocations: [] })
  const scene = await openScene(t, { settings: settings(listed(server.url)) })
  const { gateway } = scene
  const token = await scene.keys.sign({ jti: 'one', sub: 'alice' })
  await scene.pass({ token })
  const polled = async (more = 2): Promise<void> => {
    const count = server.requests.length + more
    await until(() => server.requests.length >= count, 'another fetch')
  }

  server.say({
    revocations: [
      { auth_server: 'idp', jti: 'one' },
      { auth_server: 'stranger', jti: 'x' },
    ],
  })
  await polled()
  await scene.refuse({ token }, revoked)
  await polled()
  assert.ok(server.requests.at(-1)?.headers['if-none-match'] !== undefined, 'an unchanged list is not sent again')
  assert.equal(await readMetric(gateway, 'microgateway_revocations{source="list"}'), 2)
  assert.ok(gateway.log.some(({ msg }) => msg === 'the revocation list names auth servers that have no issuer here'))

  const bad: readonly (string | object)[] = [
    '',
    '[]',
    '{}',
    '{"revocations":{}}',
    { revocations: [], more: 1 },
    {
      revocations: [
        { auth_server: 'idp', jti: 'two' },
        { auth_server: 'idp', jti: 'three', note: 1 },
      ],
    },
    { revocations: Array.from({ length: 500 }, (_, i) => ({ auth_server: 'idp', jti: `${i}` })) },
  ]
  for (const document of bad) {
    server.say(document)
    await polled()
    await scene.refuse({ token }, revoked)
  }
  await scene.pass({ token: await scene.keys.sign({ jti: 'two' }) })
  for (const status of [500, 404, 302, 204]) {
    server.answer = (_, response) => response.writeHead(status, { location: '/else' }).end()
    await polled()
    await scene.refuse({ token }, revoked)
  }
  server.answer = (_, response) => void response.destroy()
  await polled()
  await scene.refuse({ token }, revoked)
  assert.ok(
    gateway.log.some(({ level, msg }) => level === 'warn' && String(msg).includes('the last good one counts')),
    'a failure is loud',
  )
  const status = (await readStatus(gateway))['revocations'] as { list: Record<string, unknown> }
  assert.equal(status.list['known'], true)
  assert.ok(Number(status.list['failures']) >= bad.length)

  server.say({ revocations: [] })
  await polled()
  await scene.pass({ token })
})

test('the last good list is there after a restart while its server is away; without one no token passes', async t => {
  const server = await startListServer(t)
  server.say({ revocations: [{ auth_server: 'idp', jti: 'one' }] })
  const scene = await openScene(t, { settings: settings(listed(server.url)) })
  const token = await scene.keys.sign({ jti: 'one' })
  await scene.refuse({ token }, revoked)
  const state = join(scene.gateway.folder, 'data')
  const name = readdirSync(state).find(file => file.startsWith('revocation-list.')) ?? ''
  const copy = readFileSync(join(state, name), 'utf8')
  server.answer = (_, response) => response.writeHead(503).end()

  const restart = (text: string | undefined): Promise<TestGateway> =>
    openGateway(t, {
      settings: `state_dir: ./kept\n${settings(listed(server.url))(placesOf(scene))}`,
      prepare: folder => {
        if (text !== undefined) keep(folder, text, name)
      },
    })
  const other = await scene.keys.sign({ jti: 'two' })
  const warm = await restart(copy)
  assert.equal((await send(warm.url, { token })).status, 401)
  assert.equal((await send(warm.url, { token: other })).status, 200)

  for (const text of [undefined, copy.replace('one', 'two'), copy.slice(1), copy.replace(server.url, 'http://else')]) {
    const cold = await restart(text)
    const answer = await send(cold.url, { token: other })
    assert.equal(answer.status, 503)
    assert.equal(answer.json()['code'], 'revocations.unavailable')
    assert.ok(answer.field('retry-after') !== undefined)
    assert.ok(cold.log.some(({ level, msg }) => level === 'error' && String(msg).includes('no token passes')))
  }
  const cold = await restart(undefined)
  server.say({ revocations: [{ auth_server: 'idp', jti: 'one' }] })
  const statusOf = async (): Promise<number> => (await send(cold.url, { token: other })).status
  for (let turns = 0; (await statusOf()) !== 200; turns++) {
    assert.ok(turns < 1_000, 'tokens pass once the list is there')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  assert.equal((await send(cold.url, { token })).status, 401)
})

test('streams of a revoked token end within three seconds, and no other', async t => {
  const upstream = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  })
  const scene = await openScene(t, { upstream, settings: settings() })
  const stream = async (jti: string): Promise<{ closed: boolean; incoming: IncomingMessage }> => {
    const incoming = await open(scene.gateway.url, { token: await scene.keys.sign({ jti }) })
    assert.equal(incoming.statusCode, 200)
    const state = { closed: false, incoming }
    incoming
      .on('error', () => {})
      .on('close', () => {
        state.closed = true
      })
      .resume()
    return state
  }
  const [mine, theirs] = [await stream('one'), await stream('two')]
  const from = performance.now()
  assert.equal((await revoke(scene.gateway, { auth_server: 'idp', jti: 'one' })).status, 201)
  await until(() => mine.closed, 'the end of the stream')
  assert.ok(performance.now() - from < 3_000)
  assert.equal(theirs.closed, false)
  const record = await scene.gateway.recordOf(String(mine.incoming.headers['x-request-id']))
  assert.equal(record['error.type'], 'stream.revoked')
  assert.partialDeepStrictEqual(record['microgateway.facts'], { code: 'token.revoked' })
  theirs.incoming.destroy()
})

test('settings that revoke what cannot be, or fetch in the clear, are refused', async t => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['  revocations: [ { auth_server: ipd, jti: x } ]', /auth server that is not defined/],
    ['  revocations: [ { auth_server: idp } ]', /needs one of `jti`, `claim`/],
    [
      '  revocations: [ { auth_server: idp, jti: x, claim: sub, value: a, before: "2026-01-01T00:00:00Z" } ]',
      /has both/,
    ],
    ['  revocations: [ { auth_server: idp, claim: sub, value: a } ]', /`before` is missing/],
    ['  revocations: [ { auth_server: idp, jti: x, foo: 1 } ]', /foo/],
    ['  revocations: [ { auth_server: idp, claim: sub, value: a, before: yesterday } ]', /not a point in time/],
    ['  revocation_list: { url: "http://lists.example.com/x" }', /must be https/],
  ]
  const places = { upstream: 'http://127.0.0.1:1', jwksUri: 'http://127.0.0.1:1/jwks', issuer: 'https://idp.example' }
  for (const [text, why] of cases) assert.match(await refuseGateway(t, { settings: settings(text)(places) }), why, text)
})

/** Puts a file under the state folder `kept`. */
function keep(folder: string, text: string, name = 'revocations.json'): void {
  const kept = join(folder, 'kept')
  mkdirSync(kept, { recursive: true, mode: 0o700 })
  writeFileSync(join(kept, name), text, { mode: 0o600 })
}
