import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitsCoreTag, knownTags, meaningOf } from '../../../src/settings/tags.ts'

test('both spellings of a product tag mean the same', () => {
  assert.deepEqual(meaningOf('authServerAlias'), { kind: 'auth-server' })
  assert.deepEqual(meaningOf('!authServerAlias'), { kind: 'auth-server' })
  assert.deepEqual(meaningOf('clientMetadataMapping'), { kind: 'foreign', name: 'clientMetadataMapping' })
  assert.deepEqual(meaningOf('!clientMetadataMapping'), { kind: 'foreign', name: 'clientMetadataMapping' })
  assert.ok([...knownTags()].includes('authServerAlias'))
})

test('the types of YAML itself are known, its other tags are not', () => {
  assert.deepEqual(meaningOf('tag:yaml.org,2002:int'), { kind: 'core', type: 'int' })
  assert.deepEqual(meaningOf('!'), { kind: 'core', type: 'str' })
  assert.deepEqual(meaningOf('tag:yaml.org,2002:binary'), { kind: 'unknown', name: '!!binary' })
  assert.deepEqual(meaningOf('!AuthServerAlias'), { kind: 'unknown', name: '!AuthServerAlias' })
  assert.deepEqual(meaningOf('nope'), { kind: 'unknown', name: '!<nope>' })
})

test('a value must be what its tag says', () => {
  assert.ok(
    fitsCoreTag('int', 3) && fitsCoreTag('float', 1.5) && fitsCoreTag('bool', true) && fitsCoreTag('null', null),
  )
  assert.ok(fitsCoreTag('str', 'x') && fitsCoreTag('map', 'map') && fitsCoreTag('seq', 'seq'))
  assert.ok(
    !fitsCoreTag('int', 1.5) && !fitsCoreTag('bool', 'true') && !fitsCoreTag('str', 1) && !fitsCoreTag('null', 'x'),
  )
})
