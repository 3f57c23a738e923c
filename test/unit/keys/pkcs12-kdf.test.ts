import assert from 'node:assert/strict'
import { test } from 'node:test'
import { derivePkcs12, PURPOSE } from '../../../src/keys/pkcs12-kdf.ts'

const SALT = Buffer.from('0a58cf64530d823f', 'hex')

test('the keys that everybody’s test vectors have come out', async () => {
  // From the test vectors of PKCS #12 v1.0, as OpenSSL, Bouncy Castle and others carry them.
  const common = { hash: 'sha1', password: 'smeg', iterations: 1 } as const
  const key = await derivePkcs12({ ...common, purpose: PURPOSE.key, salt: SALT }, 24)
  assert.equal(key.toString('hex'), '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3')
  const iv = await derivePkcs12({ ...common, purpose: PURPOSE.iv, salt: SALT }, 8)
  assert.equal(iv.toString('hex'), '79993dfe048d3b76')
  const rounds = { hash: 'sha1', password: 'queeg', iterations: 1000 } as const
  const salt = Buffer.from('1682c0fc5b3f7ec5', 'hex')
  const other = await derivePkcs12({ ...rounds, purpose: PURPOSE.key, salt }, 24)
  assert.equal(other.toString('hex'), '483dd6e919d7de2e8e648ba8f862f3fbfbdc2bcb2c02957f')
})

test('no password is not the empty one', async () => {
  const common = { hash: 'sha256', purpose: PURPOSE.mac, salt: SALT, iterations: 2 } as const
  const [none, empty] = await Promise.all([undefined, ''].map(password => derivePkcs12({ ...common, password }, 32)))
  assert.notDeepEqual(none, empty)
})

test('a long derivation lets other work go on', async () => {
  const turns: number[] = []
  let isDone = false
  const work = derivePkcs12(
    { hash: 'sha512', purpose: PURPOSE.key, password: 'x', salt: SALT, iterations: 20_000 },
    32,
  ).then(() => {
    isDone = true
  })
  const look = (): void => {
    turns.push(performance.now())
    if (!isDone) setImmediate(look)
  }
  look()
  await work
  assert.ok(turns.length > 15, `${turns.length} turns`)
})
