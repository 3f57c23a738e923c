// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadDocument } from '../../../src/settings/load-document.ts'
import { sayProblem, shapesFrom } from '../../support/settings-tree.ts'

const cwd = mkdtempSync(join(tmpdir(), 'mg-document-'))
after(() => rmSync(cwd, { recursive: true }))

const schemaAt = shapesFrom({
  '': 'object|ports,name,state_dir,users,apis',
  ports: 'object|http,https',
  'ports.http': 'integer,string',
  'ports.https': 'integer,string',
  name: 'string',
  'users.*': 'object|name,password',
  'users.*.password': 'string,secret',
  'apis.*': 'object|name,version',
})

interface Loading {
  readonly environment?: Record<string, string>
  readonly overrides?: Record<string, unknown>
}

async function load(files: Record<string, string>, layers: readonly string[], loading: Loading = {}) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(cwd, name, '..'), { recursive: true })
    writeFileSync(join(cwd, name), text)
  }
  const loaded = await loadDocument({ layers, cwd, environment: {}, ...loading }, schemaAt)
  return { ...loaded, value: JSON.parse(JSON.stringify(loaded.document.value)), said: loaded.problems.map(sayProblem) }
}

test('flags win over the environment, the environment over later layers, those over earlier ones', async () => {
  const files = {
    'a.yml': 'ports: { http: 1, https: 1 }\nname: a\nstate_dir: a\n',
    'b.yml': 'ports: { https: 2 }\nname: b\n',
  }
  const { value, said } = await load(files, ['a.yml', 'b.yml'], {
    environment: { mcgw_ports_http: '3', mcgw_ports_https: '3' },
    overrides: { '/ports/https': 4 },
  })
  assert.deepEqual(value, { ports: { http: 3, https: 4 }, name: 'b', state_dir: 'a' })
  assert.deepEqual(said, [])
})

test('what is overridden needs no variable of its own', async () => {
  const { said } = await load({ 'v.yml': 'name: ${NOPE}\n' }, ['v.yml'], { environment: { mcgw_name: 'x' } })
  assert.deepEqual(said, [])
})

test('entries are the same thing after their references are replaced', async () => {
  const files = {
    'n1.yml': 'users: [ { name: "${WHO}", password: a } ]\n',
    'n2.yml': 'users: [ { name: ann, password: b } ]\n',
  }
  const { value } = await load(files, ['n1.yml', 'n2.yml'], { environment: { WHO: 'ann' } })
  assert.deepEqual(value, { users: [{ name: 'ann', password: 'b' }] })
})

test('relative paths start from the file that names them, or from the working directory', async () => {
  const files = {
    'one/a.yml': 'state_dir: ./data\nusers: [ { name: a } ]\n',
    'two/b.yml': 'users: [ { name: a, password: ./pw } ]\n',
  }
  const { document } = await load(files, ['one/a.yml', 'two/b.yml'], { environment: { mcgw_name: './x' } })
  assert.equal(document.directoryOf('/state_dir'), join(cwd, 'one'))
  assert.equal(document.directoryOf('/users/0/password'), join(cwd, 'two'))
  assert.equal(document.directoryOf('/users/0'), join(cwd, 'one'))
  assert.equal(document.directoryOf('/not/written'), join(cwd, 'one'))
  assert.equal(document.directoryOf('/name'), cwd)
  assert.ok(document.isFromOperator('/users/0/password'))
})

test('an empty configuration is an error, an empty layer beside another is not', async () => {
  assert.deepEqual((await load({ 'e.yml': '# nothing\n---\n' }, ['e.yml'])).said, [
    'config.empty e.yml:1:1+1 the configuration `e.yml` is empty',
  ])
  assert.deepEqual((await load({}, [])).said, ['config.empty - the configuration is empty'])
  assert.deepEqual((await load({ 'x.yml': 'name: x\n' }, ['e.yml', 'x.yml'])).said, [])
})

test('a version without quotes is an error, and counts as what was written', async () => {
  const { said, value } = await load(
    { 'ver.yml': 'apis: [ { name: a, version: 1.10 }, { name: a, version: 2 }, { name: a, version: "1.1" } ]\n' },
    ['ver.yml'],
  )
  assert.deepEqual(
    said.map(line => line.split(' ')[1]),
    ['ver.yml:1:29+4', 'ver.yml:1:57+1'],
  )
  assert.deepEqual(
    value.apis.map((api: { version: unknown }) => api.version),
    ['1.10', '2', '1.1'],
  )
})

test('problems of all layers come at once, in order', async () => {
  const files = { 'p1.yml': 'a: [1\n', 'p2.yml': 'b: !foo 1\nname: ${NOPE}\n' }
  const { said, intact } = await load(files, ['gone.yml', 'p1.yml', 'p2.yml'], { environment: { mcgw_nope: '' } })
  assert.deepEqual(
    said.map(line => line.split(' ').slice(0, 2).join(' ')),
    [
      'config.file -',
      'config.syntax p1.yml:1:4+1',
      'config.tag p2.yml:1:4+4',
      'config.interpolation p2.yml:2:7+7',
      'config.environment environment:1:1+9',
    ],
  )
  assert.equal(intact, false)
})

test('everything named is to be watched, also what cannot be read', async () => {
  const { watched } = await load({ 'w/a.yml': 'name: ${file:secret}\n' }, ['w', 'gone.yml'])
  assert.deepEqual(watched.toSorted(), ['gone.yml', 'w', 'w/a.yml', 'w/secret'].map(name => join(cwd, name)).toSorted())
})

test('secrets never reach the texts that are shown', async () => {
  const { sources } = await load({ 's.yml': 'users: [ { name: a, password: hunter2 } ]\n' }, ['s.yml'])
  assert.equal(sources.get('s.yml'), 'users: [ { name: a, password: ******* } ]\n')
})

test('findings are located in the layer that wrote the value', async () => {
  const { locate } = await load({ 'l1.yml': 'ports: { http: 1 }\n', 'l2.yml': '\nports: { http: 2 }\n' }, [
    'l1.yml',
    'l2.yml',
  ])
  const [problem] = locate([{ code: 'config.value', severity: 'error', message: 'odd', pointer: '/ports/http' }])
  assert.deepEqual(problem?.place, { file: 'l2.yml', line: 2, column: 16, length: 1 })
})
