/** Product.md 4: one bearer token a request; what is presented in two ways, or in none that can be read, is refused. */
import { test } from 'node:test'
import { DPOP_DEFAULTS } from '../support/dpop.ts'
import { openScene, type Places, type RefusedCall } from '../support/scene.ts'

const ALGS = DPOP_DEFAULTS.algorithms.join(' ')

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
  - { name: free, upstream: "${upstream}", open: true }
  - name: kinds
    upstream: "${upstream}"
    policies:
      - identify_and_authorize:
          rules: [ { api_key: {} }, { jwt: {}, applications: none }, { http_basic: {} }, { ip_range: {} } ]
`

test('the Authorization field holds one token, or the request is refused', async t => {
  const scene = await openScene(t, { settings })
  const token = await scene.keys.sign()
  const other = await scene.keys.sign({ sub: 'mallory' })
  const lines = (...values: string[]): { lines: string[] } => ({
    lines: values.flatMap(value => ['Authorization', value]),
  })
  const multiple = (name: string, call: RefusedCall['call']): RefusedCall => ({
    name,
    call,
    code: 'credentials.multiple',
    challenge: 'invalid_request',
  })
  const malformed = (name: string, value: string): RefusedCall => ({
    name,
    call: lines(value),
    code: 'credentials.malformed',
    challenge: 'invalid_request',
  })
  const absent = (name: string, ...values: string[]): RefusedCall => ({
    name,
    call: lines(...values),
    code: 'credentials.missing',
    challenge: ['Bearer realm="orders"'],
  })

  await scene.refuseAll(t, [
    multiple('two tokens in one line', lines(`Bearer ${token} ${other}`)),
    multiple('two tokens with a comma', lines(`Bearer ${token}, Bearer ${other}`)),
    multiple('two tokens with a comma and no space', lines(`Bearer ${token},${other}`)),
    malformed('Bearer alone', 'Bearer'),
    malformed('Bearer and spaces', 'Bearer   '),
    malformed('Bearer and a tab', `Bearer\t${token}`),
    malformed('Bearer and an equals sign', `Bearer =${token}`),
    malformed('Bearer and quotes', `Bearer "${token}"`),
    malformed('Bearer and a parameter', `Bearer token="${token}"`),
    malformed('Bearer and characters outside token68', 'Bearer ä.b.c'),
    malformed('no scheme', `, ${token}`),
    absent('a token without scheme', token),
    absent('an unknown scheme', `Digest username="x"`),
    absent('Bearer with something glued to it', `BearerX ${token}`),
    {
      name: 'DPoP with a token that is bound to nothing',
      call: lines(`DPoP ${token}`),
      code: 'token.not_bound',
      challenge: [
        `DPoP realm="orders", error="invalid_token", error_description="The token is not bound to a key", algs="${ALGS}"`,
      ],
    },
    absent('Negotiate', 'Negotiate YII='),
  ])

  await t.test('a token in the query, a cookie or a form is none', async () => {
    const call = {
      method: 'POST',
      path: `/orders?access_token=${token}`,
      lines: ['Cookie', `access_token=${token}`, 'Content-Type', 'application/x-www-form-urlencoded'],
      body: `access_token=${token}`,
    }
    await scene.refuse(call, { code: 'credentials.missing', challenge: ['Bearer realm="orders"'] })
  })
  await t.test('the scheme counts in any case, with any number of spaces', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer  ']) await scene.pass(lines(`${scheme} ${token}`))
  })
  await t.test('a second line is refused, equal, empty or on an open API', async () => {
    for (const values of [
      [`Bearer ${token}`, `Bearer ${token}`],
      [`Bearer ${token}`, `Bearer ${other}`],
      [`Bearer ${token}`, 'Basic YTpi'],
      [`Bearer ${token}`, ''],
      ['Digest a', 'Digest b'],
    ]) {
      for (const path of ['/orders', '/free', '/nowhere']) {
        await scene.refuse(
          { path, ...lines(...values) },
          { code: 'credentials.multiple', challenge: 'invalid_request', realm: 'microgateway' },
        )
      }
    }
  })
  await t.test('with nothing presented each rule that reads a credential has its challenge, in order', async () => {
    await scene.refuse(
      { path: '/kinds' },
      {
        code: 'credentials.missing',
        challenge: ['ApiKey realm="kinds"', 'Bearer realm="kinds"', 'Basic realm="kinds", charset="UTF-8"'],
      },
    )
  })
})
