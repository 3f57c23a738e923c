import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listNamedFiles } from '../../../src/settings/named-files.ts'
import { documentFrom, documentOf } from '../../support/settings-document.ts'

test('files are listed with their absolute names, also where they do not exist', () => {
  const yaml = `
security_settings:
  keystores: [ { name: a, entries: [ { alias: x, certificate: ./a.crt, private_key: /keys/a.key } ] } ]
  truststores: [ { name: b, entries: [ { alias: x, certificate: ../b.crt } ] } ]
  auth_servers: [ { name: c, localIntrospectionConfig: { jwks_file: c.json } } ]
`
  assert.deepEqual(
    listNamedFiles(documentOf(yaml, '/etc/mg')).map(({ file, role }) => [file, role]),
    [
      ['/etc/mg/a.crt', 'certificate'],
      ['/etc/b.crt', 'certificate'],
      ['/keys/a.key', 'private_key'],
      ['/etc/mg/c.json', 'jwks'],
    ],
  )
})

test('a document of any shape names files or none', () => {
  for (const value of [
    null,
    1,
    [],
    { security_settings: [] },
    { security_settings: { keystores: [null, { entries: { a: 1 } }] } },
  ]) {
    assert.deepEqual(listNamedFiles(documentFrom(value)), [])
  }
})
