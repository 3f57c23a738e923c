import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createFixedSource } from '../../../src/keys/fixed-keys.ts'
import type { KeySource } from '../../../src/keys/key-source.ts'
import { createSharedSecretKey } from '../../../src/keys/shared-secret.ts'
import type { VerifiedJwt } from '../../../src/tokens/jwt.ts'
import { createVerifiedTokenCache, digestOf, type VerifiedEntry } from '../../../src/tokens/verified-cache.ts'

function entryOf(rules: string): VerifiedEntry {
  const key = createSharedSecretKey(Buffer.alloc(32), 'HS256')
  const value: VerifiedJwt = {
    state: 'verified',
    header: { alg: 'HS256', kid: undefined, typ: undefined },
    claims: {},
    issuer: 'i',
    authServer: 's',
    key,
    keyOwner: undefined,
    strategyAudience: undefined,
    audience: undefined,
    expiresAtMs: 1,
    notBeforeMs: 0,
  }
  return { rules, hmacCandidates: undefined, result: { ok: true, value } }
}

function sourceOf(): KeySource {
  return createFixedSource({ authServer: 's', origin: 'none', keys: () => [] })
}

test('an entry is found under its digest until it is forgotten', () => {
  const cache = createVerifiedTokenCache()
  const entry = entryOf('r')
  cache.keep('d', 10, entry)
  assert.equal(cache.find('d'), entry)
  assert.equal(cache.find('e'), undefined)
  cache.forget('d')
  assert.equal(cache.find('d'), undefined)
})

test('the cache is bounded in entries, and the longest unused one goes first', () => {
  const cache = createVerifiedTokenCache({ maxEntries: 2 })
  for (const digest of ['a', 'b']) cache.keep(digest, 1, entryOf(digest))
  cache.find('a')
  cache.keep('c', 1, entryOf('c'))
  assert.deepEqual(
    ['a', 'b', 'c'].map(digest => cache.find(digest)?.rules),
    ['a', undefined, 'c'],
  )
})

test('another bound keeps what was used last', () => {
  const cache = createVerifiedTokenCache({ maxEntries: 3 })
  for (const digest of ['a', 'b', 'c']) cache.keep(digest, 1, entryOf(digest))
  cache.find('a')
  cache.resize(2)
  assert.deepEqual(
    ['b', 'c', 'a'].map(digest => cache.find(digest)?.rules),
    [undefined, 'c', 'a'],
  )
  cache.resize(4)
  for (const digest of ['d', 'e']) cache.keep(digest, 1, entryOf(digest))
  assert.equal(cache.size, 4)
  cache.keep('f', 1, entryOf('f'))
  assert.equal(cache.find('c'), undefined)
})

test('the cache is bounded in octets of token text', () => {
  const cache = createVerifiedTokenCache({ maxTokenBytes: 100 })
  for (const digest of ['a', 'b', 'c']) cache.keep(digest, 40, entryOf(digest))
  cache.keep('huge', 101, entryOf('huge'))
  assert.equal(cache.find('a'), undefined)
  assert.equal(cache.find('huge'), undefined)
  assert.equal(cache.size, 2)
})

test('a key source keeps its number, and each has its own', () => {
  const cache = createVerifiedTokenCache()
  const [first, second] = [sourceOf(), sourceOf()]
  assert.notEqual(cache.numberOf(first), cache.numberOf(second))
  assert.equal(cache.numberOf(first), cache.numberOf(first))
})

test('CVE-2026-35039: the digest is SHA-256 of the whole token', () => {
  for (const text of ['', 'a.b.c', 'a.b.d', 'x'.repeat(10_000)])
    assert.equal(digestOf(text), createHash('sha256').update(text).digest('base64url'))
})
