/** Product.md 6: the target's path and the remaining path, one slash between, the query unchanged; and the built-in echo. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basicOf, send } from '../support/call.ts'
import { openGateway } from '../support/gateway.ts'
import { openScene, type Places } from '../support/scene.ts'

const settings = ({ upstream }: Places): string => `
apis:
  - { name: plain, upstream: "${upstream}", open: true }
  - { name: slash, upstream: "${upstream}/", open: true }
  - { name: deep, upstream: "${upstream}/a/b/", open: true }
  - { name: cut, upstream: { targets: [ "${upstream}" ], strip_base_path: true }, open: true }
  - { name: moved, base_path: /x/y, upstream: { targets: [ "${upstream}/new" ], strip_base_path: true }, open: true }
  - { name: root, base_path: /, upstream: { targets: [ "${upstream}/r" ], strip_base_path: true }, open: true }
`

test('the path that the upstream sees', async t => {
  const scene = await openScene(t, { settings })
  const table: readonly (readonly [string, string])[] = [
    ['/plain', '/plain'],
    ['/plain/', '/plain/'],
    ['/plain/v1/x?a=1&b=%20%2F&a=2', '/plain/v1/x?a=1&b=%20%2F&a=2'],
    ['/plain?', '/plain?'],
    ['/slash/x', '/slash/x'],
    ['/deep/x', '/a/b/deep/x'],
    ['/cut', '/'],
    ['/cut/', '/'],
    ['/cut/v1', '/v1'],
    ['/cut?x=/..//', '/?x=/..//'],
    ['/moved-not/x', '/r/moved-not/x'],
    ['/x/y', '/new'],
    ['/x/y/z?q', '/new/z?q'],
    ['/', '/r/'],
    ['/other', '/r/other'],
  ]
  for (const [asked, seenPath] of table) {
    await t.test(`of ${asked} is ${seenPath}`, async () => {
      const { seen } = await scene.pass({ path: asked })
      assert.equal(seen.url, seenPath)
    })
  }
  await t.test('is sent to the host of the target, not to that of the caller', async () => {
    const { seen } = await scene.pass({ path: '/plain', host: 'evil.example.com' })
    const hosts = seen.lines.filter((_line, i) => seen.lines[i - 1]?.toLowerCase() === 'host')
    assert.deepEqual(hosts, [new URL(scene.upstream.origin).host])
  })
})

test('the built-in echo tells what an upstream would have got, credentials masked', async t => {
  const { url } = await openGateway(t, {
    settings: 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]',
  })
  const secret = 'do-not-show-me'
  const answer = await send(url, {
    method: 'POST',
    path: `/orders/x?page=2&access_token=${secret}`,
    body: 'five!',
    lines: [
      'Authorization',
      basicOf(secret),
      'Cookie',
      secret,
      'X-Api-Key',
      secret,
      'X-Plain',
      'shown',
      '__proto__',
      'p',
    ],
  })
  assert.equal(answer.status, 200)
  const { method, path, query, fields, bodyBytes } = answer.json() as Record<string, Record<string, string>>
  assert.deepEqual({ method, path, bodyBytes }, { method: 'POST', path: '/orders/x', bodyBytes: 5 })
  assert.equal(query, '?page=2&access_token=***')
  assert.equal(fields?.['x-plain'], 'shown')
  assert.equal(fields?.['x-forwarded-for'], '127.0.0.1')
  assert.ok(!answer.body.includes(secret) && !answer.body.includes(Buffer.from(secret).toString('base64')))
})
