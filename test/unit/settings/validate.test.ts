import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../../../src/diagnostics/problem.ts'
import { sayFinding, schemaFindings } from '../../support/settings-document.ts'

/** The only finding of a text. */
function only(yaml: string): Finding {
  const findings = schemaFindings(yaml)
  assert.deepEqual(findings.length, 1, findings.map(sayFinding).join('\n'))
  return findings[0] as Finding
}

test('a misspelled key is one error with the key that was meant, also where that key is needed', () => {
  const near = only('ports: { htpp: 4485 }')
  assert.equal(sayFinding(near), 'error config.unknown_key /ports/htpp')
  assert.equal(near.message, 'unknown key `htpp` in `ports`')
  assert.equal(near.label, 'did you mean `http`?')
  assert.equal(near.help, 'rename it to `http`')
  assert.equal(near.atKey, true)
  assert.equal(
    sayFinding(only('apis: [ { name: a, upsteam: builtin:echo } ]')),
    'error config.unknown_key /apis/0/upsteam',
  )
  assert.equal(
    only('apis: [ { name: a, upstream: builtin:echo, routes: [ { mtach: GET /x } ] } ]').help,
    'rename it to `match`',
  )
})

test('the product spells `jwksuri`: near misses are errors', () => {
  for (const key of ['jwksUri', 'jwks_uri', 'JWKSURI']) {
    const finding = only(
      `security_settings: { auth_servers: [ { name: a, localIntrospectionConfig: { issuer: x, ${key}: https://x } } ] }`,
    )
    assert.equal(finding.help, 'rename it to `jwksuri`')
  }
})

test('a right key in the wrong place is told its place', () => {
  assert.equal(
    only('jwksuri: https://x').help,
    'it belongs to `security_settings.auth_servers[].localIntrospectionConfig`',
  )
  assert.equal(only('limits: { delay: 1s }').help, 'it belongs to `drain`')
  assert.equal(only('limits: { ports: 1 }').help, 'it belongs to the top level')
})

test('a missing key shows an example', () => {
  const finding = only('apis: [ { name: orders } ]')
  assert.equal(sayFinding(finding), 'error config.required /apis/0')
  assert.equal(finding.message, '`upstream` is missing in `apis[orders]`')
  assert.equal(finding.help, 'add it, as in `upstream: http://127.0.0.1:8080`')
})

test('a key without value is absent', () => {
  assert.deepEqual(schemaFindings('ports:\nlimits: { idle_timeout: }').map(sayFinding), [])
  assert.equal(only('apis: [ { name: orders, upstream: } ]').code, 'config.required')
})

test('a bare number for a duration or a size needs a unit', () => {
  assert.equal(only('limits: { idle_timeout: 30 }').message, '`limits.idle_timeout` needs a unit')
  assert.equal(only('limits: { max_body_bytes: 10 }').message, '`limits.max_body_bytes` needs a unit')
  assert.match(only('limits: { idle_timeout: "30" }').help ?? '', /30s/)
})

test('types are told in words, with what to write', () => {
  const PORT = 'write a port (`4485`: all addresses), `127.0.0.1:4485`, or `"[::1]:4485"`'
  const table: Readonly<Record<string, readonly [string, string | undefined]>> = {
    'name: 12': ['`name` must be a string', 'put it in quotes'],
    'apis: orders': ['`apis` must be a list', 'put it in brackets: `[ … ]`'],
    'drain: 5s': ['`drain` must be a map of keys', 'known keys: delay, timeout'],
    'logging: []': ['`logging` must be a map of keys', 'known keys: level, access_log'],
    'extended_settings: { pg_JWT_isHTTPS: "yes" }': [
      '`extended_settings.pg_JWT_isHTTPS` must be `true` or `false`',
      'write `true` or `false` without quotes',
    ],
    'limits: { max_header_count: many }': ['`limits.max_header_count` must be a whole number', undefined],
    'ports: { http: true }': ['`ports.http` must be a whole number or a string', PORT],
    'ports: { http: 1.5 }': ['`ports.http` must be a whole number or a string', PORT],
  }
  for (const [yaml, [message, help]] of Object.entries(table)) {
    const finding = only(yaml)
    assert.equal(finding.code, 'config.type', yaml)
    assert.deepEqual([finding.message, finding.help], [message, help])
  }
})

test('an unquoted version is an error with a hint', () => {
  const finding = only('apis: [ { name: a, version: 1.10, upstream: builtin:echo } ]')
  assert.equal(finding.help, 'unquoted, it reads as `1.1`; put it in quotes')
})

test('expiry is a number of minutes', () => {
  const finding = only('security_settings: { auth_servers: [ { name: a, tokenGeneratorConfig: { expiry: 60m } } ] }')
  assert.equal(finding.help, 'write the minutes as a number, as in `expiry: 60`')
})

test('a choice names what may be chosen, and what is near', () => {
  const finding = only('logging: { access_log: jsno }')
  assert.equal(finding.message, '`logging.access_log` must be one of `json`, `combined`, `off`')
  assert.equal(finding.label, 'did you mean `json`?')
})

test('the level of the log ignores case', () => {
  for (const level of ['WARN', 'Warn', 'warn']) assert.deepEqual(schemaFindings(`logging: { level: ${level} }`), [])
  assert.equal(only('logging: { level: LOUD }').code, 'config.value')
})

test('a port ends at 65535', () => {
  assert.equal(only('ports: { http: 65536 }').message, '`ports.http` must be at most 65535')
  assert.equal(only('ports: { http: "127.0.0.1:65536" }').message, '`ports.http` must be at most 65535')
})

test('a rule is of one kind', () => {
  const rule = (text: string) =>
    `apis: [ { name: a, upstream: builtin:echo, policies: [ { identify_and_authorize: { rules: [ ${text} ] } } ] } ]`
  assert.equal(only(rule('{ applications: global }')).code, 'config.required')
  assert.equal(only(rule('{ http_basic: }')).help, '`http_basic:` says nothing; write `http_basic: {}`')
  const both = only(rule('{ jwt: {}, api_key: {} }'))
  assert.equal(both.code, 'config.conflict')
  assert.equal(both.help, 'begin each with a dash of its own')
  assert.equal(only(rule('{ jtw: {} }')).help, 'rename it to `jwt`')
  assert.deepEqual(schemaFindings(rule('{ http_basic: {} }, { ip_range: {} }, { host_name: {} }')), [])
})

test('a policy stands alone behind its dash', () => {
  const policies = (text: string) => `apis: [ { name: a, upstream: builtin:echo, policies: ${text} } ]`
  assert.equal(
    only(policies('[ { require: "a", require_scopes: { any: [ b ] } } ]')).help,
    'begin each with a dash of its own',
  )
  assert.equal(only(policies('[ require ]')).code, 'config.type')
  assert.equal(only(policies('[ {} ]')).message, '`apis[a].policies[0]` must not be empty')
  assert.equal(only(policies('[ { require_scopes: {} } ]')).code, 'config.required')
  assert.equal(only(policies('[ { require_scopes: { any: [ a ], all: [ b ] } } ]')).help, 'take one of the two out')
})

test('a claim is a scalar or a list of scalars; null, maps and empty sets are errors', () => {
  const sets = (text: string) => `applications: [ { name: a, identifiers: { claim_sets: [ ${text} ] } } ]`
  assert.deepEqual(schemaFindings(sets('{ a: x, b: 1, c: true, d: [ x, 1 ] }')), [])
  for (const text of ['{}', '{ a: }', '{ a: {} }', '{ a: [] }', '{ a: [ [ x ] ] }', '{ a: [ ~ ] }']) {
    assert.match(only(sets(text)).code, /config\.(type|value)/, text)
  }
})

test('keys of a keystore of another type are misplaced', () => {
  const store = (text: string) => `security_settings: { keystores: [ { name: a, ${text} } ] }`
  assert.equal(
    only(store('type: generated, entries: []')).message,
    '`entries` has no meaning for the type of `keystores[a]`',
  )
  assert.equal(only(store('type: pem')).message, '`entries` is missing in `keystores[a]`')
  assert.equal(only(store('entries: [ { alias: x, private_key: y } ], algorithm: RS256')).code, 'config.conflict')
})

test('keys of the product that mean nothing here are warnings', () => {
  const texts = [
    'microgatewayPool: { microgatewayPoolName: x }',
    'downloads: { apis: x }',
    'archive: { file: export.zip }',
    'policies: { user_auth: internal }',
    'aliases: { x: { type: simple, value: y } }',
    'key_store: { type: JKS }',
    'trust_store: { type: JKS }',
    'gateway_destination: {}',
    'es_destination: {}',
    'publish: { registries: "*" }',
    'service_registries: {}',
    'system: {}',
    'faults: { default_error_message: x }',
    'extended_settings: { pg_other: "1" }',
    'security_settings: { providers: [] }',
    'security_settings: { auth_servers: [ { name: a, owner: Administrator } ] }',
    'security_settings: { auth_servers: [ { name: a, localIntrospectionConfig: { useLocalClockSkew: true } } ] }',
    'security_settings: { auth_servers: [ { name: a, tokenGeneratorConfig: { enforcePKCE: true } } ] }',
  ]
  for (const yaml of texts) assert.equal(only(yaml).code, 'config.foreign_key', yaml)
  for (const yaml of texts) assert.equal(only(yaml).severity, 'warning', yaml)
})

test('a misspelled extended setting of ours is no key of the product', () => {
  const finding = only('extended_settings: { pg_jwt_ishttps: false }')
  assert.equal(finding.code, 'config.unknown_key')
  assert.equal(finding.help, 'rename it to `pg_JWT_isHTTPS`')
})

test('what is not built yet is a warning, where it would mean something', () => {
  const policy = (text: string) => `apis: [ { name: a, upstream: builtin:echo, policies: [ ${text} ] } ]`
  const texts = [
    'api_gateway: { url: http://localhost:5555 }',
    'applications_sync: { enabled: true }',
    'workers: 2',
    'workers: auto',
    'token_endpoint: {}',
    'oauth: { auth_server: a }',
    'tests: []',
    'applications: [ { name: a, client: { client_id: a } } ]',
    policy('{ backend_jwt: {} }'),
    policy('{ claim_headers: { x-user: sub } }'),
    policy('{ outbound_authentication: { scheme: basic } }'),
    policy('{ outbound_authentication: { scheme: jwt, mode: new } }'),
  ]
  for (const yaml of texts) assert.equal(only(yaml).code, 'config.not_built', yaml)
  for (const yaml of texts) assert.equal(only(yaml).severity, 'warning', yaml)
})

test('what needs nothing unbuilt is silent', () => {
  const texts = [
    'applications_sync: { enabled: false, polling_interval_secs: 10 }',
    'workers: 1',
    'tls: { client_certificates: none, certificates: [ { keyStoreAlias: a } ] }',
    'apis: [ { name: a, close_on_expiry: false, upstream: { targets: [ http://x ], protocol: http1 } } ]',
    'apis: [ { name: a, upstream: http://x, policies: [ { outbound_authentication: { scheme: none } } ] } ]',
  ]
  for (const yaml of texts) assert.deepEqual(schemaFindings(yaml), [], yaml)
})

test('the name of a header field is judged where it stands', () => {
  const findings = schemaFindings(
    'apis: [ { name: a, upstream: builtin:echo, policies: [ { claim_headers: { "x user": sub } } ] } ]',
  )
  assert.deepEqual(findings.map(sayFinding), [
    'error config.value /apis/0/policies/0/claim_headers/x user',
    'warning config.not_built /apis/0/policies/0/claim_headers',
  ])
})

test('a secret is never quoted', () => {
  const findings = schemaFindings(
    'users: [ { name: a, password_hash: hunter2 } ]\nadmin_api: { password: 12345678, user: x }',
  )
  assert.equal(findings.length, 2)
  assert.ok(!JSON.stringify(findings).includes('hunter2'))
  assert.ok(!JSON.stringify(findings).includes('12345678'))
})

test('user and password stand together', () => {
  assert.equal(only('admin_api: { user: operator }').message, '`password` is missing in `admin_api`')
})

test('a document that is empty, or no map, is an error', () => {
  assert.equal(only('').code, 'config.empty')
  assert.equal(only('[ 1 ]').message, 'the configuration must be a map of keys')
})
