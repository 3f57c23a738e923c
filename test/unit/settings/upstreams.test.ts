import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkUpstreams } from '../../../src/settings/upstreams.ts'
import { inspectionOf, sayFinding } from '../../support/settings-document.ts'

const say = (upstream: string) =>
  checkUpstreams(inspectionOf(`apis: [ { name: a, upstream: ${upstream} } ]`)).map(sayFinding)

test('a target that is listed twice, in whatever spelling, is a warning', () => {
  assert.deepEqual(say('{ targets: [ "http://a:80", "http://b", "http://A/" ] }'), [
    'warning config.duplicate /apis/0/upstream/targets/2',
  ])
  assert.deepEqual(say('{ targets: [ "http://a", "https://a", "http://a:81", "http://a/x" ] }'), [])
  assert.deepEqual(say('"http://a"'), [])
  assert.deepEqual(say('{ targets: [ 7, "not a URL", "not a URL" ] }'), [], 'the schema says that')
})

test('a hash key without consistent_hash is a warning', () => {
  const targets = 'targets: [ "http://a", "http://b" ]'
  for (const balance of ['', ', balance: least_requests']) {
    assert.deepEqual(say(`{ ${targets}, hash_on: application${balance} }`), [
      'warning config.conflict /apis/0/upstream/hash_on',
    ])
  }
  assert.deepEqual(say(`{ ${targets}, hash_on: application, balance: consistent_hash }`), [])
  assert.deepEqual(say(`{ ${targets}, balance: consistent_hash }`), [])
  assert.deepEqual(say('"http://a"'), [])
})
