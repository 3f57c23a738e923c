import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createCertificateSource, importCertificate } from '../../../src/keys/certificate.ts'
import type { KeySource } from '../../../src/keys/key-source.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { createTestClock, type TestClock } from '../../support/clock.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'

const RSA = makeCertificate('DNS:idp.example', 'rsa:2048')
const validity = new X509Certificate(RSA.cert)
const INSIDE_MS = validity.validFromDate.getTime() + 3_600_000

function sourceOf(content: string | undefined, clock: TestClock): KeySource {
  return createCertificateSource('partner', content, { clock, logger: createSilentLogger() })
}

function candidatesOf(source: KeySource, kid?: string) {
  const found = source.candidates('RS256', kid)
  assert.ok(!(found instanceof Promise))
  return found
}

test('the key of the first certificate in a PEM text is imported, bound to its type', () => {
  const imported = importCertificate(`Bag Attributes\n${RSA.cert}${makeCertificate('DNS:other').cert}`)
  assert.ok(imported.ok)
  assert.deepEqual([...imported.value.key.algorithms].sort(), ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'])
  assert.equal(imported.value.notAfterMs, validity.validToDate.getTime())
  const ed25519 = importCertificate(makeCertificate('DNS:ed', 'ed25519').cert)
  assert.ok(ed25519.ok && ed25519.value.key.algorithms.has('EdDSA'))
})

test('JWA-02: a certificate with a weak key, a private key and junk are refused', () => {
  assert.deepEqual(importCertificate(makeCertificate('DNS:weak', 'rsa:1024').cert), {
    ok: false,
    error: 'rsa key below 2048 bits',
  })
  for (const text of ['', 'junk', RSA.key, RSA.cert.replaceAll('M', 'N')])
    assert.deepEqual(importCertificate(text), { ok: false, error: 'not a certificate' })
})

test('a pinned certificate verifies tokens with any kid', () => {
  const source = sourceOf(RSA.cert, createTestClock(INSIDE_MS))
  for (const kid of [undefined, '', 'alias']) {
    const found = candidatesOf(source, kid)
    assert.ok(found.ok && found.value.length === 1)
  }
  assert.deepEqual(source.candidates('ES256', undefined), { ok: true, value: [] })
  assert.equal(source.status().keys, 1)
})

test('outside its validity the certificate has no usable key, and its cached verdicts end', () => {
  const clock = createTestClock(INSIDE_MS)
  const source = sourceOf(RSA.cert, clock)
  const found = candidatesOf(source)
  assert.ok(found.ok)
  for (const moment of [validity.validToDate.getTime() + 1, validity.validFromDate.getTime() - 1]) {
    clock.jumpTo(moment)
    assert.ok(found.value[0]?.retired)
    const refused = candidatesOf(source)
    assert.equal(!refused.ok && refused.error.code, 'keys.unavailable')
    assert.equal(source.status().keys, 0)
  }
  clock.jumpTo(validity.validToDate.getTime())
  assert.ok(candidatesOf(source).ok)
})

test('a certificate that is missing or none makes a source without keys that says why', () => {
  for (const [content, reason] of [
    [undefined, 'no certificate'],
    ['junk', 'not a certificate'],
  ] as const) {
    const source = sourceOf(content, createTestClock(INSIDE_MS))
    const refused = candidatesOf(source)
    assert.ok(!refused.ok)
    assert.equal(refused.error.facts?.['reason'], reason)
    const { origin, keys, fetchedAt, lastFailure, settled } = source.status()
    assert.deepEqual(
      { origin, keys, fetchedAt, lastFailure, settled },
      { origin: 'certificate', keys: 0, fetchedAt: undefined, lastFailure: reason, settled: true },
    )
  }
})

test('a closed source retires its key', async () => {
  const source = sourceOf(RSA.cert, createTestClock(INSIDE_MS))
  const found = candidatesOf(source)
  await source.close()
  assert.ok(found.ok && found.value[0]?.retired)
})
