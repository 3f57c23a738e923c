/**
 * The integrity key of a PKCS#12 store was derived to the length of the digest in the file, a million rounds for every 32 octets of it: a file
 * of 100 KB kept a start or a reload busy for an hour. A digest that is not as long as its hash is none, and that is told at once.
 *
 * Rounds were bounded for each key, and not for all keys of a file: a thousand keys of a million rounds each were hours, too.
 *
 * Costs of scrypt that OpenSSL refuses left the reader as an exception, a defect of the gateway, in place of a finding.
 */
import assert from 'node:assert/strict'
import { createCipheriv, scryptSync } from 'node:crypto'
import { test } from 'node:test'
import { Asn1 } from '../../src/keys/asn1.ts'
import { DerivationWork, decryptWithPassword } from '../../src/keys/password-encryption.ts'
import { readPkcs12 } from '../../src/keys/pkcs12.ts'
import { UnreadableStore } from '../../src/keys/store-contents.ts'

const REQUEST = { file: 'store.p12', password: 'changeit', withKeys: true }

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([Buffer.from([tag, 0x84]), length, content])
}

const sequence = (...items: readonly Uint8Array[]): Buffer => element(0x30, ...items)
const octets = (bytes: Uint8Array): Buffer => element(0x04, bytes)
const integer = (hex: string): Buffer => element(0x02, Buffer.from(hex, 'hex'))
const oid = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'))
const DATA = oid('2a864886f70d010701')

function storeOf(parts: readonly Buffer[], mac?: Buffer): Buffer {
  const safe = sequence(DATA, element(0xa0, octets(sequence(...parts))))
  return sequence(integer('03'), safe, ...(mac === undefined ? [] : [mac]))
}

test('a digest that is longer than its hash is refused before anything is derived', async () => {
  const digest = sequence(sequence(oid('608648016503040201')), octets(Buffer.alloc(100_000)))
  const bytes = storeOf([], sequence(digest, octets(Buffer.alloc(8)), integer('0f4240')))
  const startedAt = process.cpuUsage()
  const contents = await readPkcs12(bytes, REQUEST)
  assert.equal(contents.ok ? '' : contents.error.message, 'is no PKCS#12 store, or was cut short')
  assert.ok(process.cpuUsage(startedAt).user < 500_000)
})

/** A store whose only part is encrypted under scrypt of these costs. */
function underScrypt(costs: readonly [N: string, r: string, p: string]): Buffer {
  const [N, r, p] = costs
  const [salt, iv] = [Buffer.alloc(8), Buffer.alloc(16)]
  const derivation = sequence(oid('2b06010401da47040b'), sequence(octets(salt), integer(N), integer(r), integer(p)))
  const algorithm = sequence(
    oid('2a864886f70d01050d'),
    sequence(derivation, sequence(oid('60864801650304012a'), octets(iv))),
  )
  const cipher = createCipheriv('aes-256-cbc', scryptSync('changeit', salt, 32, { N: 16, r: 1, p: 1 }), iv)
  const text = Buffer.concat([cipher.update(sequence()), cipher.final()])
  const encrypted = sequence(integer('00'), sequence(DATA, algorithm, element(0x80, text)))
  return storeOf([sequence(oid('2a864886f70d010706'), element(0xa0, encrypted))])
}

test('costs of scrypt that nobody takes are a finding', async () => {
  const messages: string[] = []
  for (const costs of [
    ['10', '01', '01'],
    // Below two to the power of 16 r, says RFC 7914.
    ['010000', '01', '01'],
    ['02', '080000', '10'],
  ] as const) {
    const contents = await readPkcs12(underScrypt(costs), REQUEST)
    messages.push(contents.ok ? 'opened' : contents.error.message)
  }
  assert.deepEqual(messages, [
    'opened',
    'uses an algorithm that is not supported (costs of scrypt)',
    'asks for more than 1000000 rounds of key derivation',
  ])
})

test('many keys that ask for a million rounds each are refused after twenty of them', async () => {
  const derivation = sequence(oid('2a864886f70d01050c'), sequence(octets(Buffer.alloc(8)), integer('0f4240')))
  const algorithm = sequence(
    oid('2a864886f70d01050d'),
    sequence(derivation, sequence(oid('60864801650304012a'), octets(Buffer.alloc(16)))),
  )
  const work = new DerivationWork()
  const decrypt = () => decryptWithPassword(Asn1.read(algorithm), Buffer.alloc(16), 'changeit', work)
  work.take(19_000_000)
  await decrypt()
  await assert.rejects(decrypt(), UnreadableStore)
})
