import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkIdentification } from '../../../src/settings/identification.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const check = (yaml: string) => checkIdentification(inspectionOf(yaml))
const say = (yaml: string) => check(yaml).map(sayFinding)
const api = (text: string) => `apis: [ { name: orders, ${text} } ]`
const rules = (text: string, condition = 'or') =>
  api(`policies: [ { identify_and_authorize: { condition: ${condition}, rules: [ ${text} ] } } ]`)

test('an API without a rule must say that it is open', () => {
  const [finding, ...more] = check(api('upstream: x'))
  assert.deepEqual(more, [])
  assert.equal(finding?.message, 'API `orders` has no Identify & Authorize rule: everybody could call it')
  assert.equal(finding?.pointer, '/apis/0/name')
  assert.deepEqual(say(api('open: true')), [])
  assert.deepEqual(say(api('policies: [ jwt: idp ]')), [])
})

test('a route without a rule must say that it is open, where the API has none', () => {
  const routes =
    'routes: [ { match: GET /a, policies: [ jwt: idp ] }, { match: GET /b }, { match: GET /c, open: true } ]'
  assert.deepEqual(say(api(routes)), ['error config.required /apis/0/routes/1/match'])
  assert.deepEqual(say(api(`${routes}, policies: [ jwt: idp ]`)), [])
})

test('open and a rule on one level contradict each other, on two levels they do not', () => {
  assert.deepEqual(say(api('open: true, policies: [ jwt: idp ]')), ['error config.conflict /apis/0/open'])
  assert.deepEqual(
    say(api('policies: [ jwt: idp ], routes: [ { match: GET /, open: true, policies: [ jwt: idp ] } ]')),
    ['error config.conflict /apis/0/routes/0/open'],
  )
  assert.deepEqual(say(api('open: true, routes: [ { match: GET /, policies: [ jwt: idp ] } ]')), [])
  assert.deepEqual(say(api('policies: [ jwt: idp ], routes: [ { match: GET /, open: true } ]')), [])
})

test('`and` cannot hold for two rules that need the one Authorization field', () => {
  const at = '/apis/0/policies/0/identify_and_authorize/rules/1'
  assert.deepEqual(say(rules('{ jwt: {}, applications: none }, { http_basic: {}, applications: none }', 'and')), [
    `error config.conflict ${at}/http_basic`,
  ])
  assert.deepEqual(say(rules('{ jwt: {}, applications: none }, { jwt: {}, applications: none }', 'and')), [
    `error config.conflict ${at}/jwt`,
  ])
  assert.deepEqual(say(rules('{ jwt: {}, applications: none }, { http_basic: {}, applications: none }', 'or')), [])
  assert.deepEqual(say(rules('{ jwt: {}, applications: global }, { api_key: {}, applications: global }', 'and')), [])
})

test('`none` is not possible where the application is all that is found', () => {
  const at = '/apis/0/policies/0/identify_and_authorize/rules/0/applications'
  for (const kind of ['api_key', 'host_name', 'ip_range']) {
    assert.deepEqual(say(rules(`{ ${kind}: {}, applications: none }`)), [`error config.conflict ${at}`])
  }
  for (const kind of ['jwt', 'http_basic']) assert.deepEqual(say(rules(`{ ${kind}: {}, applications: none }`)), [])
})

test('an API key does not travel in a field with a meaning of its own', () => {
  const at = '/apis/0/policies/0/identify_and_authorize/rules/0/api_key/header'
  for (const header of ['Authorization', 'cookie', 'Host']) {
    assert.deepEqual(say(rules(`{ api_key: { header: ${header} }, applications: global }`)), [
      `error config.conflict ${at}`,
    ])
  }
})

test('a kind stands once in a list; what adds up may stand again', () => {
  assert.deepEqual(say(api('policies: [ jwt: a, jwt: b ]')), ['error config.duplicate /apis/0/policies/1/jwt'])
  assert.deepEqual(say(api('policies: [ jwt: a, protocols: [ http ], protocols: [ https ] ]')), [
    'error config.duplicate /apis/0/policies/2/protocols',
  ])
  assert.deepEqual(
    say(
      api(
        'policies: [ jwt: a, require: x, require: y, require_scopes: { any: [ s ] }, require_scopes: { any: [ t ] } ]',
      ),
    ),
    [],
  )
})

test('a flag without rules has no effect', () => {
  assert.deepEqual(say(api('open: true, policies: [ allow_anonymous: true ]')), [
    'warning config.conflict /apis/0/policies/0/allow_anonymous',
  ])
  assert.deepEqual(
    say(api('policies: [ jwt: idp ], routes: [ { match: GET /, policies: [ allow_anonymous: true ] } ]')),
    [],
  )
})

test('scopes need a rule that reads a token', () => {
  assert.deepEqual(say(api('open: true, policies: [ require_scopes: { any: [ s ] } ]')), [
    'warning config.conflict /apis/0/policies/0/require_scopes',
  ])
  const basic = '{ identify_and_authorize: { rules: [ { http_basic: {}, applications: none } ] } }'
  assert.deepEqual(
    say(api(`policies: [ ${basic} ], routes: [ { match: GET /, policies: [ require_scopes: { any: [ s ] } ] } ]`)),
    ['warning config.conflict /apis/0/routes/0/policies/0/require_scopes'],
  )
})

test('a rule for registered applications needs one', () => {
  assert.deepEqual(say(rules('{ jwt: {} }')), [
    'warning config.unusable /apis/0/policies/0/identify_and_authorize/rules/0',
  ])
  assert.deepEqual(say(`${rules('{ jwt: {} }')}\napplications: [ { name: a, apis: [ orders ] } ]`), [])
})

test('a mistake that hides whether an API is open is told once, by what tells of it', () => {
  const hidden = [
    api('open: "true"'),
    api('opn: true'),
    api('polices: [ jwt: idp ]'),
    api('routes: [ { match: GET /, opne: true } ]'),
    'apis: [ null ]',
  ]
  for (const yaml of hidden) assert.deepEqual(say(yaml), [], yaml)
  assert.equal(check('apis: [ { upstream: x } ]')[0]?.message.slice(0, 12), 'this API has')
})
