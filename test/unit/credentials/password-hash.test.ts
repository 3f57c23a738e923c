import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  createDecoyHash,
  hashPassword,
  matchesPassword,
  parsePasswordHash,
} from '../../../src/credentials/password-hash.ts'
import { parsePasswordHash as checkSetting } from '../../../src/settings/secret-text.ts'
import { makePasswordHash } from '../../support/password-hash.ts'

const SALT = Buffer.alloc(16, 7)

test('a hash made by scrypt elsewhere is matched by its password and by no other', async () => {
  const parsed = parsePasswordHash(makePasswordHash('secret', 2048, 4, 2))
  assert.ok(parsed.ok)
  assert.equal(await matchesPassword('secret', parsed.value), true)
  assert.equal(await matchesPassword('Secret', parsed.value), false)
  assert.equal(await matchesPassword('', parsed.value), false)
})

test('hashPassword makes a new salt each time, and its result reads back', async () => {
  const [one, other] = await Promise.all([hashPassword('pä:ss'), hashPassword('pä:ss')])
  assert.notEqual(one, other)
  const parsed = parsePasswordHash(one)
  assert.ok(parsed.ok)
  assert.equal(await matchesPassword('pä:ss', parsed.value), true)
})

test('the hash of the example file reads, with and without padding', () => {
  const text = 'scrypt:16384:8:1:AAECAwQFBgcICQoLDA0ODw==:6mfeb8w5w6yW0n9cJm2mXq0o0Xq1r7yJb3m1hQ6xV3E='
  assert.equal(parsePasswordHash(text).ok, true)
  assert.equal(parsePasswordHash(text.replaceAll('=', '')).ok, true)
})

test('a hash that asks too much of the machine, or is none, is refused without quoting it', () => {
  const good = makePasswordHash('secret')
  const broken = [
    '',
    'secret',
    good.replace('scrypt', 'bcrypt'),
    `${good}:x`,
    good.replace(':1024:', ':1000:'),
    good.replace(':1024:', ':1:'),
    good.replace(':1024:', ':01024:'),
    good.replace(':1024:', ':-1024:'),
    good.replace(':1024:', ':1e10:'),
    good.replace(':1024:8:', ':4194304:8:'),
    good.replace(':8:1:', ':99999999:1:'),
    good.replace(':8:1:', ':8:17:'),
    good.replace(':8:1:', ':8:0:'),
    `scrypt:1024:8:1:AAAA:${'A'.repeat(44)}`,
    `scrypt:1024:8:1:${'A'.repeat(1368)}:${'A'.repeat(44)}`,
    `scrypt:1024:8:1:${SALT.toString('base64')}:${'A'.repeat(1368)}`,
    `scrypt:1024:8:1:${SALT.toString('base64')}:AAAA`,
    `scrypt:1024:8:1:${SALT.toString('base64')}:${'-'.repeat(44)}`,
  ]
  for (const text of broken) {
    const parsed = parsePasswordHash(text)
    assert.equal(parsed.ok, false, text)
    if (!parsed.ok && text.length > 6) assert.ok(!parsed.error.includes(text))
    assert.equal(checkSetting(text).ok, false, `the settings refuse it too: ${text}`)
  }
  fc.assert(fc.property(fc.string(), text => parsePasswordHash(`scrypt:${text}`).ok === false))
})

test('whatever hash the settings let pass can be read', () => {
  const count = fc.oneof(
    fc.constantFrom('1024', '2', '8', '1', '16', '17', '0', '01', '4194304'),
    fc.nat(20).map(String),
  )
  const base64 = fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes).toString('base64'))
  const part = fc.oneof(
    base64,
    base64.map(text => text.replace(/=+$/, '')),
    fc.base64String({ maxLength: 60 }),
  )
  fc.assert(
    fc.property(count, count, count, part, part, (n, r, p, salt, hash) => {
      const text = `scrypt:${n}:${r}:${p}:${salt}:${hash}`
      assert.equal(parsePasswordHash(text).ok, checkSetting(text).ok, text)
    }),
    { numRuns: 2_000 },
  )
})

test('a decoy is as dear as its model and matches nothing', async () => {
  const parsed = parsePasswordHash(makePasswordHash('secret', 2048))
  assert.ok(parsed.ok)
  const decoy = createDecoyHash(parsed.value)
  assert.equal(decoy.cost, 2048)
  assert.equal(await matchesPassword('secret', decoy), false)
  assert.equal(createDecoyHash().cost, 16_384)
})
