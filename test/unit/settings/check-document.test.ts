import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFindings } from '../../support/settings-document.ts'

test('mistakes of every kind are told at once', () => {
  const findings = allFindings({
    ports: { http: 'x', https: 7749 },
    users: [{ name: 'a' }, { name: 'a' }],
    security_settings: {
      auth_servers: [{ name: 'idp', localIntrospectionConfig: { issuer: 'i', jwksuri: 'http://idp.example.com' } }],
      truststores: [{ name: 't', entries: [{ alias: 'x', certificate: '/nowhere/x.crt' }] }],
    },
    applications: [{ name: 'app', apis: ['nope'] }],
    apis: [{ name: 'orders', upstream: 'http://x', base_path: '/rest', policies: [{ require: 'bad' }] }],
    unknown: 1,
  })
  const codes = new Set(findings.map(({ code }) => code))
  const expected = [
    'conflict',
    'duplicate',
    'expression',
    'file',
    'insecure',
    'reference',
    'required',
    'unknown_key',
    'value',
  ]
  for (const fact of expected) assert.ok(codes.has(`config.${fact}` as never), fact)
})

test('a mistake in the form is not told again as a mistake in the meaning', () => {
  const findings = allFindings({
    apis: [
      {
        name: 12,
        upstream: 'builtin:echo',
        open: true,
        base_path: 7,
        policies: 'none',
        routes: [{ match: 'nonsense' }],
      },
    ],
    applications: [{ name: 'a', apis: 5, strategies: [{ name: 's', authServerAlias: 1, secret: 2 }] }],
  })
  const pointers = findings.map(({ pointer }) => pointer)
  assert.equal(new Set(pointers).size, pointers.length, pointers.join(' '))
})
