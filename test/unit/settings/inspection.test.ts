import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byName } from '../../../src/settings/inspection.ts'
import { inspectionOf } from '../../support/settings-document.ts'

test('who is defined is found by name, and applications by their APIs', () => {
  const { authServers, apisByName, applicationsByApi } = inspectionOf(`
security_settings: { auth_servers: [ { name: idp }, { name: idp, id: second }, {} ] }
applications: [ { name: a, apis: [ orders, items ] }, { name: b, apis: [ orders ] } ]
apis: [ { name: orders, version: "1" }, { name: orders, version: "2" } ]
`)
  assert.deepEqual([...authServers.keys()], ['idp'])
  assert.equal(authServers.get('idp')?.at('id').isPresent, false, 'the first of a name wins')
  assert.equal(apisByName.get('orders')?.length, 2)
  assert.deepEqual(
    applicationsByApi.get('orders')?.map(({ pointer }) => pointer),
    ['/applications/0', '/applications/1'],
  )
})

test('defaults are there, with the pointer that they would have', () => {
  const { root } = inspectionOf('apis: [ { name: a, upstream: builtin:echo } ]')
  assert.equal(root.at('state_dir').text, './data')
  assert.deepEqual(
    root
      .at('apis')
      .items()[0]
      ?.at('routes')
      .items()
      .map(({ pointer }) => pointer),
    ['/apis/0/routes/0'],
  )
})

test('a document of any shape can be inspected', () => {
  for (const yaml of ['1', '[ 1 ]', 'apis: 1', 'apis: [ 1, [], { name: [] } ]', 'security_settings: [ x ]']) {
    assert.doesNotThrow(() => inspectionOf(yaml))
  }
  assert.equal(byName(inspectionOf('users: x').root.at('users')).size, 0)
})
