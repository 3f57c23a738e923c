/** Quality.md, security 2: one form of the path, matched, authorised, logged and forwarded; what has two readings is 400. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toAnswer } from '../support/call.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { judgeRefusal, openScene, type Places } from '../support/scene.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - name: orders
    upstream: "${upstream}"
    policies: [ jwt: idp ]
    routes:
      - { match: GET /public, open: true }
      - { match: "GET /public/*", open: true }
      - { match: "GET /open/{id}", open: true }
      - { match: ANY /* }
`

const TWO_READINGS = [
  '/orders/public/../admin',
  '/orders/public/./x',
  '/orders/public/..',
  '/orders/public/.',
  '/orders/public/%2e%2e/admin',
  '/orders/public/%2E%2e/admin',
  '/orders/public/.%2e/admin',
  '/orders/public/..%2fadmin',
  '/orders/public%2f..%2fadmin',
  '/orders/public/%2fadmin',
  '/orders%2fpublic',
  '/orders/public/%5c..%5cadmin',
  '/orders/public/..\\admin',
  '/orders//public',
  '//orders/public',
  '/orders/public//',
  '/orders/public/;/admin',
  '/orders/public;jsessionid=1',
  '/orders/public/..;/admin',
  '/orders/public/%3b',
  '/orders/public/%00',
  '/orders/public/%0d%0aX:y',
  '/orders/public/%7f',
  '/orders/public/%',
  '/orders/public/%4',
  '/orders/public/%zz',
  '/orders/public/%u002e%u002e/admin',
  '/orders/public/%252e%252e/admin',
  '/orders/public/%25%32%66',
  '/orders/public/%c0%ae%c0%ae/admin',
  '/orders/public/%c0%af',
  '/orders/public/%ff',
  '/orders/public/%ed%a0%80',
  '/orders/public#x',
  '/orders/public?a#x',
  '/orders/public/ä',
  '/orders/public/<x>',
  '/orders/public/"x"',
  '/orders/public/{x}',
  '/orders/public/a|b',
  '/orders/public/a^b`',
]

test('a path with two readings is 400 and reaches nobody', async t => {
  const scene = await openScene(t, { settings })
  const { port } = new URL(scene.gateway.url)
  for (const target of TWO_READINGS) {
    await t.test(target, async () => {
      // A client of Node's refuses to send some of these.
      const socket = await openRawSocket({ port: Number(port) })
      const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`).toString('latin1')
      socket.send(bytes)
      const answer = toAnswer(await socket.closed())
      // Node's parser refuses this one by itself.
      const code = target.endsWith('ä') ? 'request.malformed' : 'request.path_invalid'
      await judgeRefusal(answer, { code }, scene.gateway)
    })
  }
  assert.equal(scene.upstream.connections(), 0)
})

test('a path with one reading is judged, logged and forwarded in one form', async t => {
  const scene = await openScene(t, { settings })
  const same: readonly (readonly [string, string])[] = [
    ['/orders/%70ublic', '/orders/public'],
    ['/%6Frders/public', '/orders/public'],
    ['/orders/public/%7euser', '/orders/public/~user'],
    ['/orders/public/%e4%bd%a0', '/orders/public/%E4%BD%A0'],
    ['/orders/public/a%20b', '/orders/public/a%20b'],
    ['/orders/public/a%3fb', '/orders/public/a%3Fb'],
    ['/orders/public/a%23b', '/orders/public/a%23b'],
    ['/orders/public/100%25', '/orders/public/100%25'],
    ["/orders/public/a!$&'()*+,=:@b", "/orders/public/a!$&'()*+,=:@b"],
    ['/orders/public/...', '/orders/public/...'],
    ['/orders/public/.x', '/orders/public/.x'],
    ['/orders/public/', '/orders/public/'],
  ]
  for (const [asked, form] of same) {
    await t.test(asked, async () => {
      const { seen, record } = await scene.pass({ path: `${asked}?q=%2e%2e/..;x` })
      assert.equal(seen.url, `${form}?q=%2e%2e/..;x`, 'the query is not touched')
      assert.equal(record['url.path'], form)
    })
  }
  await t.test('an escaped name does not get around the rules of its route', async () => {
    const missing = { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] } as const
    for (const path of ['/orders/%61dmin', '/orders/adm%69n', '/orders/public2', '/orders/open/a/b', '/orders/Public'])
      await scene.refuse({ path }, missing)
  })
  await t.test('an absolute target is read as its path, where it names the host that Host names', async () => {
    const { host } = new URL(scene.gateway.url)
    await scene.pass({ path: `http://${host}/orders/public` })
    await scene.refuse({ path: 'http://evil.example.com/orders/public' }, { code: 'request.malformed' })
    await scene.refuse({ path: `http://${host}/orders/public/../admin` }, { code: 'request.path_invalid' })
  })
})
