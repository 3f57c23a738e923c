import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createJwksFileSource, parseJwks } from '../../../src/keys/jwks-file.ts'
import type { KeySource } from '../../../src/keys/key-source.ts'
import { createTestClock } from '../../support/clock.ts'
import { createSilentLogger, type SilentLogger } from '../../support/silent-logger.ts'
import { createTestKey } from '../../support/test-key.ts'

const KEY = createTestKey('ES256')
const clock = createTestClock()

function sourceOf(content: string | undefined, logger: SilentLogger = createSilentLogger()): KeySource {
  const folder = mkdtempSync(join(tmpdir(), 'jwks-'))
  try {
    const file = join(folder, 'jwks.json')
    if (content !== undefined) writeFileSync(file, content)
    return createJwksFileSource('staff', file, { clock, logger })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the keys of a file are there at once', async () => {
  const source = sourceOf(JSON.stringify({ keys: [KEY.jwk] }))
  await source.settled()
  const found = source.candidates('ES256', KEY.kid)
  assert.ok(!(found instanceof Promise) && found.ok && found.value.length === 1)
  assert.deepEqual(source.candidates('ES256', 'unknown'), { ok: true, value: [] })
  assert.deepEqual(
    [source.status().origin, source.status().keys, source.status().fetchedAt],
    ['jwksFile', 1, clock.now()],
  )
  await source.close()
  assert.ok(found.value[0]?.retired)
})

test('a bad key in a file is dropped by itself, with a word in the log', () => {
  const logger = createSilentLogger()
  const source = sourceOf(JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }, KEY.jwk] }), logger)
  assert.equal(source.status().keys, 1)
  assert.deepEqual(logger.lines[0]?.facts['dropped'], [{ index: 0, reason: 'shared secret' }])
})

test('a file without usable keys makes a source that answers 503 and says why', () => {
  for (const [content, reason] of [
    [undefined, 'file cannot be read'],
    ['{', 'not json'],
    ['[]', 'not a key set'],
    ['{"keys":[]}', 'no usable keys'],
    ['{"keys":[{}]}', 'no usable keys'],
  ] as const) {
    const source = sourceOf(content)
    const refused = source.candidates('ES256', undefined)
    assert.ok(!(refused instanceof Promise) && !refused.ok)
    assert.deepEqual([refused.error.code, refused.error.facts?.['reason']], ['keys.unavailable', reason])
    assert.equal(source.status().lastFailure, reason)
  }
})

test('a key set must be UTF-8', () => {
  assert.equal(parseJwks(Uint8Array.from([0x7b, 0xff, 0x7d])), 'not json')
})
