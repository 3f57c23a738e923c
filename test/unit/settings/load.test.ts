import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadSettings } from '../../../src/settings/load.ts'
import { sayProblem } from '../../support/settings-tree.ts'

const cwd = mkdtempSync(join(tmpdir(), 'mg-load-'))
after(() => rmSync(cwd, { recursive: true }))

const IDP = `security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: https://idp.example.com, jwksuri: https://idp.example.com/certs, audience: orders }
`
const API = `apis:
  - name: orders
    upstream: http://127.0.0.1:8080
    policies: [ jwt: idp ]
`

async function load(text: string, environment: Record<string, string> = {}) {
  writeFileSync(join(cwd, 'mg.yml'), text)
  const checkExpression = (expression: string) =>
    expression === 'bad' ? { message: 'odd', range: [1, 3] as const, label: 'here' } : undefined
  return await loadSettings({ layers: ['mg.yml'], cwd, environment, checkExpression })
}

test('a sound file becomes settings', async () => {
  const { settings, problems } = await load(`ports: { http: 4485 }\n${IDP}${API}`)
  assert.deepEqual(problems, [])
  assert.equal(settings?.apis[0]?.basePath, '/orders')
  assert.equal(settings?.stateDir, join(cwd, 'data'))
})

test('a file exported from the product can be pasted below', async () => {
  const alias = `--- !<authServerAlias>
id: idp
name: idp
type: authServerAlias
owner: Administrator
localIntrospectionConfig: { issuer: https://idp.example.com, jwksuri: https://idp.example.com/certs, trustStoreAlias: null }
`
  const { settings, problems } = await load(`${API}${alias}`)
  assert.deepEqual(problems.filter(problem => problem.severity === 'error').map(sayProblem), [])
  assert.equal(settings?.authServers[0]?.issuer, 'https://idp.example.com')
})

test('with any error there are no settings, and all problems come at once in the order of the file', async () => {
  const { settings, problems } = await load(`${API}      - require: bad\n${IDP}colour: blue\nname: \${NOPE}\n`)
  assert.equal(settings, undefined)
  assert.deepEqual(
    problems.map(({ code, place }) => `${code} ${place?.line}`),
    ['config.syntax 5', 'config.interpolation 11'],
  )
  const readable = await load(
    `${API.replace('[ jwt: idp ]', '[ jwt: idp, require: bad ]')}${IDP}colour: blue\nname: \${NOPE}\n`,
  )
  assert.deepEqual(
    readable.problems.map(({ code, place }) => `${code} ${place?.line}:${place?.column}+${place?.length}`),
    ['config.expression 4:37+2', 'config.unknown_key 9:1+6', 'config.interpolation 10:7+7'],
  )
})

test('a text that cannot be read to its end gives no follow-up errors', async () => {
  const { problems } = await load(`${IDP}apis: [\n`)
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['config.syntax'],
  )
})

test('a value that could not be replaced is not judged again', async () => {
  const { problems } = await load(`ports: { http: "\${PORT}" }\n${IDP}${API}`)
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['config.interpolation'],
  )
})

test('files that the settings name are watched, also where loading failed', async () => {
  const store =
    'security_settings: { truststores: [ { name: t, type: pem, entries: [ { alias: a, certificate: ./ca.crt } ] } ] }\n'
  const { settings, watched } = await load(store)
  assert.equal(settings, undefined)
  assert.deepEqual(watched, [join(cwd, 'mg.yml'), join(cwd, 'ca.crt')])
})

test('what compiling finds later is located in the same texts', async () => {
  const { locate } = await load(`${IDP}${API}`)
  const [problem] = locate([{ code: 'config.unusable', severity: 'warning', message: 'odd', pointer: '/apis/0/name' }])
  assert.equal(problem?.place?.line, 6)
})

test('equal settings have equal revisions, whatever the texts look like', async () => {
  const one = await load(`${IDP}${API}`)
  const two = await load(`# another comment\n${API}${IDP}`)
  assert.ok(one.settings !== undefined)
  assert.equal(one.settings.revision, two.settings?.revision)
})
