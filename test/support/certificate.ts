import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A private key and its certificate, both in PEM, as `node:tls` wants them. */
export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

/**
 * Makes a self-signed certificate with the `openssl` program, valid from now for two days. `alternativeNames` is what
 * openssl calls subjectAltName: `DNS:localhost,IP:127.0.0.1`; `newKey` is what `openssl req -newkey` takes.
 */
export function makeCertificate(
  alternativeNames: string,
  newKey = 'ec -pkeyopt ec_paramgen_curve:P-256',
): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
  try {
    const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
    const names = ['-subj', '/CN=test', '-addext', `subjectAltName=${alternativeNames}`]
    const options = ['-x509', '-nodes', '-days', '2', '-keyout', keyFile, '-out', certificateFile, ...names]
    execFileSync('openssl', ['req', ...options, '-newkey', ...newKey.split(' ')], { stdio: 'ignore' })
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certificateFile, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
