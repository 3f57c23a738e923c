/** Product.md 6 and quality.md, security 5: what an upstream gets of a request's fields, and a caller of an answer's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldsOf, openScene, type Places } from '../support/scene.ts'
import { startUpstream } from '../support/upstream.ts'

const settings =
  (proxies = '') =>
  ({ upstream, jwksUri, issuer }: Places): string =>
    `
${proxies}
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
  - { name: stripped, upstream: "${upstream}", policies: [ jwt: idp, outbound_authentication: { scheme: jwt, mode: strip } ] }
  - { name: nothing, upstream: "${upstream}", policies: [ jwt: idp, outbound_authentication: { scheme: none } ] }
  - { name: free, upstream: "${upstream}", open: true }
`

test('the fields of a request', async t => {
  const scene = await openScene(t, { settings: settings() })
  const token = await scene.keys.sign()

  await t.test('pass with their order, spelling and repetition', async () => {
    const lines = ['X-B', '1', 'x-a', '2', 'X-B', '3', 'Cookie', 'a=b', 'Accept', '*/*']
    const { seen } = await scene.pass({ token, lines })
    const kept = seen.lines.flatMap((name, i) =>
      i % 2 === 0 && /^(x-[ab]|cookie|accept)$/i.test(name) ? [name, seen.lines[i + 1]] : [],
    )
    assert.deepEqual(kept, lines)
  })
  await t.test('lose what belongs to the connection, and everything that Connection names', async () => {
    const { seen } = await scene.pass({
      token,
      lines: [
        ...['Connection', 'close, X-Hop, x-other-hop', 'X-Hop', '1', 'X-OTHER-HOP', '2', 'Keep-Alive', 'timeout=5'],
        ...['TE', 'gzip', 'Proxy-Connection', 'keep-alive', 'Proxy-Authorization', 'Basic x'],
        ...['Upgrade', 'h2c', 'HTTP2-Settings', 'AAAA', 'X-Kept', 'yes'],
      ],
    })
    const fields = fieldsOf(seen)
    for (const name of ['x-hop', 'x-other-hop', 'te', 'upgrade', 'http2-settings'])
      assert.equal(fields[name], undefined, name)
    assert.ok(!Object.keys(fields).some(name => name.startsWith('proxy-')))
    assert.equal(fields['x-kept'], 'yes')
  })
  await t.test('may name in Connection what the gateway sets: it is set all the same', async () => {
    const { seen } = await scene.pass({
      token,
      lines: ['Connection', 'X-Forwarded-For, Forwarded, X-Request-Id, Host'],
    })
    const fields = fieldsOf(seen)
    assert.equal(fields['x-forwarded-for'], '127.0.0.1')
    assert.ok(fields['forwarded']?.startsWith('for=127.0.0.1'))
    assert.notEqual(fields['host'], undefined)
  })
  await t.test('may name Authorization in Connection: then it does not pass, and was judged all the same', async () => {
    const { seen } = await scene.pass({ token, lines: ['Connection', 'Authorization'] })
    assert.equal(fieldsOf(seen)['authorization'], undefined)
    await scene.refuse(
      { lines: ['Connection', 'Authorization'] },
      { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] },
    )
  })
  await t.test('get the way of the request, made anew', async () => {
    const host = 'api.example.com:8080'
    const { seen, answer } = await scene.pass({ token, host, lines: ['X-Forwarded-For', '6.6.6.6', 'Via', '1.0 old'] })
    const fields = fieldsOf(seen)
    assert.equal(fields['x-forwarded-for'], '127.0.0.1')
    assert.equal(fields['x-forwarded-proto'], 'http')
    assert.equal(fields['x-forwarded-host'], host)
    assert.equal(fields['x-forwarded-port'], '8080')
    assert.equal(fields['forwarded'], `for=127.0.0.1;host="${host}";proto=http`)
    assert.equal(fields['x-request-id'], answer.field('x-request-id'))
    assert.match(fields['via'] ?? '', /1\.0 old.*1\.1 microgateway/)
  })
  await t.test('hold the token where it is passed on, and not where it is stripped', async () => {
    const passed = await scene.pass({ token })
    assert.equal(fieldsOf(passed.seen)['authorization'], `Bearer ${token}`)
    for (const path of ['/stripped', '/nothing']) {
      const { seen } = await scene.pass({ path, token })
      assert.equal(fieldsOf(seen)['authorization'], undefined)
      assert.ok(!JSON.stringify(seen.lines).includes(token))
    }
  })
  await t.test('of a stranger say nothing about a request id', async () => {
    const { seen, answer } = await scene.pass({ token, lines: ['X-Request-Id', 'chosen-by-caller'] })
    assert.notEqual(fieldsOf(seen)['x-request-id'], 'chosen-by-caller')
    assert.notEqual(answer.field('x-request-id'), 'chosen-by-caller')
  })
})

test('behind a trusted proxy earlier hops are kept, its word on scheme and host counts', async t => {
  const scene = await openScene(t, { settings: settings('trusted_proxies: [ 127.0.0.0/8 ]') })
  const { seen, record } = await scene.pass({
    path: '/free',
    lines: ['X-Forwarded-For', '203.0.113.7', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'shop.example.com'],
  })
  const fields = fieldsOf(seen)
  assert.equal(fields['x-forwarded-for'], '203.0.113.7, 127.0.0.1')
  assert.equal(fields['x-forwarded-proto'], 'https')
  assert.equal(fields['x-forwarded-host'], 'shop.example.com')
  assert.match(fields['forwarded'] ?? '', /^for=203\.0\.113\.7;host=shop\.example\.com;proto=https, for=127\.0\.0\.1;/)
  assert.equal(record['client.address'], '203.0.113.7')
  assert.equal(record['url.scheme'], 'https')

  await t.test('and its request id is that of the answer, the log and the upstream', async () => {
    const id = '0190f3a0-7b1c-7def-8123-0123456789ab'
    const call = await scene.pass({ path: '/free', lines: ['X-Request-Id', id] })
    assert.equal(call.answer.field('x-request-id'), id)
    assert.equal(fieldsOf(call.seen)['x-request-id'], id)
    for (const other of ['not a uuid', `${id}0`, `${id}\tx`]) {
      const { answer } = await scene.pass({ path: '/free', lines: ['X-Request-Id', other] })
      assert.notEqual(answer.field('x-request-id'), other)
    }
  })
  await t.test('and contradicting ones are refused', async () => {
    const table = [
      ['X-Forwarded-For', '203.0.113.7', 'Forwarded', 'for=203.0.113.8'],
      ['X-Forwarded-Proto', 'https', 'Forwarded', 'proto=http'],
      ['X-Forwarded-Proto', 'gopher'],
      ['Forwarded', 'for=203.0.113.7;;for'],
    ]
    for (const lines of table)
      await scene.refuse({ path: '/free', lines }, { code: 'request.forwarding_contradictory' })
  })
})

test('the fields of an answer pass, without what is the connection’s or ours', async t => {
  const upstream = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(207, 'Mixed', [
      ...['X-One', '1', 'X-One', '2', 'Set-Cookie', 'a=b', 'Set-Cookie', 'c=d', 'Connection', 'X-Hop', 'X-Hop', '1'],
      ...['Keep-Alive', 'timeout=9', 'Proxy-Authenticate', 'Basic', 'X-JWT-Assertion', 'x', 'X-Request-Id', 'theirs'],
      ...['Content-Length', '2', 'Server', 'upstream/1'],
    ])
    response.end('ok')
  })
  const scene = await openScene(t, { settings: settings(), upstream })
  const { answer } = await scene.pass({ path: '/free' })
  assert.equal(answer.status, 207)
  assert.deepEqual(answer.fields.get('x-one'), ['1', '2'])
  assert.deepEqual(answer.fields.get('set-cookie'), ['a=b', 'c=d'])
  for (const name of ['x-hop', 'proxy-authenticate', 'x-jwt-assertion'])
    assert.equal(answer.field(name), undefined, name)
  assert.equal(answer.fields.get('x-request-id')?.length, 1)
  assert.notEqual(answer.field('x-request-id'), 'theirs')
  assert.notEqual(answer.field('date'), undefined)
})
