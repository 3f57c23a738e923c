// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyEnvironment, applyFlags } from '../../../src/settings/environment.ts'
import { toPlain } from '../../../src/settings/settings-node.ts'
import { sayProblem, shapesFrom, treeOf } from '../../support/settings-tree.ts'

const schemaAt = shapesFrom({
  '': 'object|ports,api_gateway,api,apis,trusted_proxies,limits,state_dir',
  ports: 'object|http,https',
  'ports.http': 'integer,string',
  api: 'object|gateway_url',
  api_gateway: 'object|url,password,enabled',
  'api_gateway.url': 'string',
  'api_gateway.password': 'string,secret',
  'api_gateway.enabled': 'boolean',
  apis: 'array',
  'apis.*': 'object|name,version,upstream,base_path',
  'apis.*.upstream': 'string,object',
  trusted_proxies: 'array',
  'trusted_proxies.*': 'string',
  state_dir: 'string',
})

function override(
  text: string,
  environment: Record<string, string>,
): { value: unknown; said: string[]; shown: string[] } {
  const { tree, problems, sources } = applyEnvironment(treeOf(text), environment, schemaAt, '/work')
  const value = JSON.parse(JSON.stringify(toPlain(tree)))
  return { value, said: problems.map(sayProblem), shown: sources.map(source => source.text) }
}

test('a variable sets the setting its name spells, though keys hold underscores themselves', () => {
  const { value, said } = override('ports: { http: 1 }\n', {
    mcgw_ports_http: '4486',
    mcgw_api_gateway_enabled: 'true',
    mcgw_state_dir: '123',
    PATH: '/bin',
    MCGW_PORTS_HTTP: '1',
  })
  assert.deepEqual(value, { ports: { http: 4486 }, api_gateway: { enabled: true }, state_dir: '123' })
  assert.deepEqual(said, [])
})

test('list entries go by their name; an API with several versions by name and version', () => {
  const text =
    'apis: [ { name: orders, upstream: a }, { name: my-api, version: "1.4" }, { name: my-api, version: "2" } ]\n'
  const { value, said } = override(text, {
    mcgw_apis_orders_upstream: 'http://b',
    mcgw_apis_my_api_1_4_upstream: 'http://c',
    mcgw_apis_my_api_base_path: '/x',
    mcgw_apis_nope_upstream: 'http://d',
  })
  assert.deepEqual(value, {
    apis: [
      { name: 'orders', upstream: 'http://b' },
      { name: 'my-api', version: '1.4', upstream: 'http://c' },
      { name: 'my-api', version: '2' },
    ],
  })
  assert.deepEqual(said, [
    'config.environment environment:2:1+26 `mcgw_apis_my_api_base_path` names more than one setting and is ignored',
    'config.environment environment:3:1+23 `mcgw_apis_nope_upstream` names no known setting and is ignored',
  ])
})

test('a name that fits two settings is ignored with a warning', () => {
  const { said, value } = override('ports: {}\n', { mcgw_api_gateway_url: 'x' })
  assert.deepEqual(said, [
    'config.environment environment:1:1+20 `mcgw_api_gateway_url` names more than one setting and is ignored',
  ])
  assert.deepEqual(value, { ports: {} })
})

test('an unknown name is a warning with a suggestion', () => {
  const { problems } = applyEnvironment(treeOf('ports: {}\n'), { mcgw_ports_htpp: '1' }, schemaAt, '/')
  assert.equal(problems[0]?.severity, 'warning')
  assert.equal(problems[0]?.label, 'did you mean `mcgw_ports_http`?')
  assert.deepEqual(override('a: 1\n', { mcgw_: 'x', mcgw_constructor: 'y', mcgw___proto__: 'z' }).said.length, 3)
})

test('where a list is wanted the value is its entries with commas between', () => {
  assert.deepEqual(override('trusted_proxies: [ a ]\n', { mcgw_trusted_proxies: '10.0.0.0/8, ::1,' }).value, {
    trusted_proxies: ['10.0.0.0/8', '::1'],
  })
})

test('values are not interpolated, not parsed, and never shown', () => {
  const { value, shown } = override('ports: {}\n', { mcgw_api_gateway_password: '${HOME} { a: 1 }' })
  assert.deepEqual(value, { ports: {}, api_gateway: { password: '${HOME} { a: 1 }' } })
  assert.deepEqual(shown, ['mcgw_api_gateway_password'])
})

test('names that explode into many readings stay cheap', () => {
  const keys = Array.from({ length: 12 }, (_, index) => `${'a_'.repeat(index)}a`)
  const nested = shapesFrom(Object.fromEntries(['', ...keys].map(key => [key, `object|${keys.join(',')}`])))
  applyEnvironment(treeOf('a: 1\n'), { [`mcgw_${'a_'.repeat(30)}a`]: 'x' }, nested, '/')
})

test('flags set values by pointer, and need no text', () => {
  const { tree, sources } = applyFlags(
    treeOf('ports: { http: 1 }\n'),
    { '/ports/http': 2, '/logging/level': 'debug', '/hosts': ['a', { b: true }] },
    '/w',
  )
  assert.deepEqual(JSON.parse(JSON.stringify(toPlain(tree))), {
    ports: { http: 2 },
    logging: { level: 'debug' },
    hosts: ['a', { b: true }],
  })
  assert.deepEqual(
    sources.map(source => source.label),
    ['command line'],
  )
  assert.deepEqual(applyFlags(treeOf('a: 1\n'), {}, '/').sources, [])
})
