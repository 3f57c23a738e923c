import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CATALOGUE, type CatalogueEntry, entryOf, publicCodeOf } from '../../../src/errors/catalogue.ts'
import { statusPhrase } from '../../../src/errors/status-phrase.ts'

const ENTRIES: readonly (readonly [string, CatalogueEntry])[] = Object.entries(CATALOGUE)

test('what is no fault of the caller is a 5xx, or no answer at all', () => {
  for (const [code, { side, status }] of ENTRIES)
    if (side !== 'caller') assert.ok(status === 0 || status >= 500, `${code}: ${status}`)
})

test('a 503 says when to come again, and nothing else does', () => {
  for (const [code, { status, retryable }] of ENTRIES) assert.equal(retryable === true, status === 503, code)
})

test('issuer, key, algorithm, signature and header failures of a token share one public code, title and status', () => {
  const alike = ENTRIES.filter(([, entry]) => entry.public === 'token.invalid')
  assert.deepEqual(
    alike.map(([code]) => code),
    [
      'token.critical_unknown',
      'token.issuer_unknown',
      'token.algorithm_not_allowed',
      'token.key_unknown',
      'token.signature_invalid',
    ],
  )
  assert.equal(new Set(alike.map(([, entry]) => JSON.stringify(entry))).size, 1)
})

test('whoever may not call learns no more than that', () => {
  const alike = ENTRIES.filter(([code]) => code.startsWith('application.'))
  assert.ok(alike.length > 1)
  assert.equal(new Set(alike.map(([, entry]) => JSON.stringify(entry))).size, 1)
  assert.equal(publicCodeOf('application.suspended'), 'application.denied')
})

test('a code without a public one is its own', () => {
  assert.equal(publicCodeOf('token.expired'), 'token.expired')
  assert.equal(entryOf('token.expired').status, 401)
})

test('every status of the catalogue has its phrase', () => {
  for (const [code, { status }] of ENTRIES) if (status !== 0) assert.notEqual(statusPhrase(status), 'Error', code)
  assert.equal(statusPhrase(299), 'Error')
})
