import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeBase64,
  isEncodedPassword,
  minimumSecretLength,
  parsePasswordHash,
  plainPassword,
} from '../../../src/settings/secret-text.ts'

const SALT = Buffer.alloc(16, 1).toString('base64')
const HASH = Buffer.alloc(32, 2).toString('base64')

test('base64 is standard base64, with or without padding, and nothing else', () => {
  assert.equal(decodeBase64('bWFuYWdl')?.toString(), 'manage')
  assert.equal(decodeBase64('YQ==')?.toString(), 'a')
  assert.equal(decodeBase64('YQ')?.toString(), 'a')
  for (const text of ['YQ=', 'YR==', 'a-_b', 'a b', 'Y', 'YQ==YQ==']) assert.equal(decodeBase64(text), undefined, text)
})

test('an encoded password is base64 of text', () => {
  assert.equal(isEncodedPassword('{encoded}bWFuYWdl'), true)
  assert.equal(plainPassword('{encoded}bWFuYWdl'), 'manage')
  assert.equal(plainPassword('manage'), 'manage')
  for (const text of ['{encoded}', '{encoded}???', '{encoded}/w==']) assert.equal(plainPassword(text), undefined, text)
})

test('an HMAC secret is as long as its hash', () => {
  assert.deepEqual((['HS256', 'HS384', 'HS512'] as const).map(minimumSecretLength), [32, 48, 64])
})

test('a password hash names costs that one check may have', () => {
  assert.ok(parsePasswordHash(`scrypt:16384:8:1:${SALT}:${HASH}`).ok)
  const wrong = [
    '',
    'secret',
    `scrypt:16384:8:1:${SALT}`,
    `bcrypt:16384:8:1:${SALT}:${HASH}`,
    `scrypt:16383:8:1:${SALT}:${HASH}`,
    `scrypt:1:8:1:${SALT}:${HASH}`,
    `scrypt:0x4000:8:1:${SALT}:${HASH}`,
    `scrypt:16384:0:1:${SALT}:${HASH}`,
    `scrypt:16777216:8:1:${SALT}:${HASH}`,
    `scrypt:16384:8:17:${SALT}:${HASH}`,
    `scrypt:16384:8:1:YQ==:${HASH}`,
    `scrypt:16384:8:1:${SALT}:YQ==`,
    `scrypt:16384:8:1:${SALT}:${HASH}:`,
  ]
  for (const text of wrong) assert.equal(parsePasswordHash(text).ok, false, text)
  const dear = parsePasswordHash(`scrypt:1073741824:8:1:${SALT}:${HASH}`)
  assert.equal(dear.ok ? '' : dear.message, 'costs more than 256 MiB or p 16')
})
