/** Any text yields settings or problems, never a throw; and there are settings exactly if no problem is an error. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { renderProblems } from '../../src/diagnostics/render.ts'
import { createExpressionCompiler } from '../../src/expressions/expression.ts'
import { loadSettings } from '../../src/settings/load.ts'
import { loadSchema } from '../../src/settings/schema.ts'

const cwd = mkdtempSync(join(tmpdir(), 'mg-any-text-'))
after(() => rmSync(cwd, { recursive: true }))
const { check: checkExpression } = createExpressionCompiler()
const schema = loadSchema()
const golden = fileURLToPath(new URL('../golden/problems/', import.meta.url))

const SOUND = `name: sidecar
ports: { http: 4485, admin: "127.0.0.1:9485" }
users: [ { name: ann, password_hash: "scrypt:16384:8:1:AAECAwQFBgcICQoLDA0ODw==:6mfeb8w5w6yW0n9cJm2mXq0o0Xq1r7yJb3m1hQ6xV3E=" } ]
security_settings:
  auth_servers:
    - !<authServerAlias>
      name: &idp idp
      localIntrospectionConfig:
        issuer: \${ISSUER:-https://idp.example.com}
        jwksuri: "https://idp.example.com/certs"
        audience: [ orders, 'more' ]
applications:
  - { id: billing, name: billing, auth_servers: [ idp ], identifiers: { claim_sets: [ { sub: billing, level: 3 } ] } }
apis:
  - name: orders
    version: "1.4"
    upstream: { targets: [ http://127.0.0.1:8080 ], response_timeout: 15s }
    policies:
      - jwt: *idp
      - require: >-
          'admin' in claims.roles
          && claims.tenant == 'acme'
    routes: [ { match: "GET /v1/items/{id}" }, { match: ANY /* } ]
`

async function judge(content: string | Uint8Array, environment: Record<string, string> = {}): Promise<boolean> {
  writeFileSync(join(cwd, 'mg.yml'), content)
  const { settings, problems, sources, locate } = await loadSettings({
    layers: ['mg.yml'],
    cwd,
    environment,
    checkExpression,
    schema,
  })
  assert.equal(
    settings === undefined,
    problems.some(problem => problem.severity === 'error'),
  )
  for (const { place, message } of problems) {
    assert.ok(message !== '')
    if (place !== undefined)
      assert.ok(place.line >= 1 && place.column >= 1 && place.length >= 1 && sources.has(place.file))
  }
  renderProblems(problems, sources, { color: true })
  locate([{ code: 'config.value', severity: 'error', message: 'x', pointer: '/apis/0/nope', range: [0, 99] }])
  return settings !== undefined
}

test('the file that the others are made of is sound', async () => {
  assert.ok(await judge(SOUND))
})

test('any bytes are settings or problems', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => void (await judge(bytes))),
    { numRuns: 60 },
  )
})

const YAML_PIECE = fc.constantFrom(
  ...[
    '\n',
    '  ',
    '\t',
    '- ',
    ': ',
    ':',
    '? ',
    ', ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|\n',
    '>-\n',
    '&a ',
    '*a',
    '<<',
    '!<authServerAlias> ',
  ],
  ...[
    '!x ',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '# ',
    '${',
    '}',
    '$$',
    '${X:-y}',
    'apis',
    'ports',
    'http',
    'name',
    'policies',
    'null',
    '~',
    '0x1f',
    '1e9',
  ],
  ...[
    '__proto__',
    'constructor',
    'security_settings',
    'auth_servers',
    'jwt',
    'true',
    '.inf',
    '\u2028',
    '\r\n',
    '😀',
    '-',
  ],
)

test('any heap of YAML pieces is settings or problems', async () => {
  const heap = fc.array(YAML_PIECE, { maxLength: 40 }).map(pieces => pieces.join(''))
  await fc.assert(
    fc.asyncProperty(heap, async text => void (await judge(text))),
    { numRuns: 150 },
  )
})

test('a sound file that was changed anywhere is settings or problems', async () => {
  const change = fc.record({ at: fc.nat(SOUND.length), drop: fc.nat(12), put: fc.oneof(YAML_PIECE, fc.constant('')) })
  const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async changes => {
    let text = SOUND
    for (const { at, drop, put } of changes) text = text.slice(0, at) + put + text.slice(at + drop)
    await judge(text)
  })
  await fc.assert(property, { numRuns: 60 })
})

test('a sound file that was cut anywhere is settings or problems', async () => {
  for (let length = 0; length < SOUND.length; length += 29) await judge(SOUND.slice(0, length))
})

const JSON_VALUE = fc.jsonValue({ maxDepth: 4 })

test('any value at any known key is settings or problems', async () => {
  const keys = fc.constantFrom(
    'ports',
    'tls',
    'users',
    'security_settings',
    'applications',
    'apis',
    'limits',
    'oauth',
    'tests',
    'faults',
    'drain',
  )
  const property = fc.asyncProperty(
    keys,
    JSON_VALUE,
    async (key, value) => void (await judge(JSON.stringify({ [key]: value }))),
  )
  await fc.assert(property, { numRuns: 60 })
})

test('any environment is settings or problems', async () => {
  const names = fc.constantFrom(
    'mcgw_ports_http',
    'mcgw_apis_orders_upstream',
    'mcgw_trusted_proxies',
    'mcgw_apis',
    'mcgw_x',
    'ISSUER',
    'mcgw_',
  )
  const property = fc.asyncProperty(
    fc.dictionary(names, fc.string()),
    async environment => void (await judge(SOUND, environment)),
  )
  await fc.assert(property, { numRuns: 30 })
})

test('no secret of a broken file is in the output', async () => {
  const text = readFileSync(`${golden}secret-is-never-shown.yml`, 'utf8')
  const secret = 'c2hvcnQtc2VjcmV0'
  for (let length = 0; length < text.length; length += 7) {
    writeFileSync(join(cwd, 'mg.yml'), `${text.slice(0, length)}\n  }secret: ${secret}`)
    const { problems, sources } = await loadSettings({
      layers: ['mg.yml'],
      cwd,
      environment: {},
      checkExpression,
      schema,
    })
    assert.ok(!renderProblems(problems, sources, { color: false }).includes(secret))
  }
})
