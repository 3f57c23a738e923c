import { X509Certificate } from 'node:crypto'
import type { Result } from '../errors/denial.ts'
import { algorithmsForKey } from './algorithms-for-key.ts'
import { createFixedSource, type FileParts } from './fixed-keys.ts'
import type { KeySource } from './key-source.ts'
import { createVerificationKey, type KeyMaterial, thumbprintOf } from './verification-key.ts'

/** The key of a pinned certificate, and when the certificate is valid (milliseconds since the epoch, both inclusive). */
export interface ImportedCertificate {
  readonly key: KeyMaterial
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/**
 * Imports the first certificate of a PEM text. It is trusted because it is configured: no chain is built and no name is
 * compared. Its key has no `kid`, so it fits tokens with any. The error is a few words. Never throws.
 */
export function importCertificate(pem: string | Uint8Array): Result<ImportedCertificate, string> {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch {
    return { ok: false, error: 'not a certificate' }
  }
  const key = certificate.publicKey
  const algorithms = algorithmsForKey(key)
  if (!algorithms.ok) return algorithms
  return {
    ok: true,
    value: {
      key: { kid: undefined, key, algorithms: algorithms.value, thumbprint: thumbprintOf(key) },
      notBeforeMs: certificate.validFromDate.getTime(),
      notAfterMs: certificate.validToDate.getTime(),
    },
  }
}

/**
 * Creates a source with the key of one pinned certificate; outside the certificate's validity it has no usable key.
 *
 * @param pem the certificate out of its truststore; undefined where it is not there.
 */
export function createCertificateSource(authServer: string, pem: string | undefined, parts: FileParts): KeySource {
  const { clock } = parts
  const imported = pem === undefined ? undefined : importCertificate(pem)
  if (imported?.ok !== true) {
    const failure = imported?.error ?? 'no certificate'
    parts.logger.warn({ authServer, reason: failure }, 'the certificate of an auth server cannot be used')
    return createFixedSource({ authServer, origin: 'certificate', keys: () => [], failure })
  }
  const { key, notBeforeMs, notAfterMs } = imported.value
  const isOver = (): boolean => clock.now() < notBeforeMs || clock.now() > notAfterMs
  if (isOver()) parts.logger.warn({ authServer }, 'the certificate of an auth server is not valid now')
  const held = createVerificationKey(key, isOver)
  const keys = [held]
  return createFixedSource({
    authServer,
    origin: 'certificate',
    keys: () => keys,
    anyKid: true,
    fetchedAt: clock.now(),
    onClose: () => held.retire(),
  })
}
