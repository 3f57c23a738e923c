import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveOutgoingTls } from '../../../src/keys/outgoing-tls.ts'
import type { OutgoingTlsSettings } from '../../../src/settings/upstream-settings.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { openPemStores } from '../../support/stores.ts'

const CLIENT = makeCertificate('DNS:gateway.test')
const STORES = await openPemStores({
  keystores: { ours: { a: CLIENT, bare: { key: makeCertificate('DNS:x').key } } },
  truststores: { services: { a: CLIENT.cert } },
})

function settings(changes: Partial<OutgoingTlsSettings>): OutgoingTlsSettings {
  const none = { trustStoreAlias: undefined, keyStoreAlias: undefined, keyAlias: undefined, serverName: undefined }
  return { ...none, verify: true, pointer: '/tls', ...changes }
}

function resolved(changes: Partial<OutgoingTlsSettings>) {
  const tls = resolveOutgoingTls(settings(changes), STORES)
  assert.ok(tls.ok && tls.value !== undefined)
  return tls.value
}

test('without a block nothing is changed, and everything is verified', () => {
  assert.deepEqual(resolveOutgoingTls(undefined, STORES), { ok: true, value: undefined })
  assert.equal(resolved({}).rejectUnauthorized, true)
  assert.equal(resolved({}).ca, undefined)
})

test('the block becomes what connections need', () => {
  const tls = resolved({ trustStoreAlias: 'services', keyStoreAlias: 'ours', keyAlias: 'a', serverName: 'x.test' })
  assert.equal(tls.ca?.length, 1)
  assert.match(tls.cert ?? '', /BEGIN CERTIFICATE/)
  assert.match(tls.key ?? '', /BEGIN PRIVATE KEY/)
  assert.equal(tls.servername, 'x.test')
  assert.equal(resolved({ verify: false }).rejectUnauthorized, false)
})

test('equal contents have one identity, and others another, which shows nothing of them', () => {
  const identityOf = (changes: Partial<OutgoingTlsSettings>) => resolved(changes).identity
  assert.equal(identityOf({ trustStoreAlias: 'services', pointer: '/a' }), identityOf({ trustStoreAlias: 'services' }))
  const all = [
    {},
    { verify: false },
    { serverName: 'x' },
    { trustStoreAlias: 'services' },
    { keyStoreAlias: 'ours', keyAlias: 'a' },
  ]
  assert.equal(new Set(all.map(identityOf)).size, all.length)
  assert.match(identityOf({ keyStoreAlias: 'ours', keyAlias: 'a' }), /^[\w-]{43}$/)
})

test('what is not there is a finding at its key', () => {
  const pointerOf = (changes: Partial<OutgoingTlsSettings>) => {
    const tls = resolveOutgoingTls(settings(changes), STORES)
    return tls.ok ? undefined : tls.error.pointer
  }
  assert.equal(pointerOf({ trustStoreAlias: 'nobody' }), '/tls/trustStoreAlias')
  assert.equal(pointerOf({ keyStoreAlias: 'ours', keyAlias: 'b' }), '/tls/keyAlias')
  assert.equal(pointerOf({ keyStoreAlias: 'ours' }), '/tls/keyStoreAlias')
  assert.equal(pointerOf({ keyStoreAlias: 'ours', keyAlias: 'bare' }), '/tls/keyAlias')
})
