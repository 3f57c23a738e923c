/** What a certificate is there for. */
export type CertificateUse = 'server' | 'client' | 'authority' | 'issuer'

/** A certificate that a snapshot uses, and when it is good (milliseconds since the epoch, both inclusive). */
export interface CertificateInUse {
  /** Name of the key or trust store. */
  readonly store: string
  readonly alias: string
  readonly use: CertificateUse
  /** SHA-256 of the DER form in lower-case hex. */
  readonly fingerprint: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** The place in the settings that uses it. */
  readonly pointer: string
}
