import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { TlsSettings } from '../settings/model.ts'

/** What an HTTPS listener serves; made from files, replaced as a whole when they change. */
export interface ServerTls {
  /** Key, certificate and protocol version of the first certificate, which also serves unknown names. */
  readonly options: SecureContextOptions
  /** Client certificates: asked for, and refused in the handshake where they cannot be verified. Fixed while a listener is open. */
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
  /** Chooses the certificate for a server name (any case); undefined for the first one. Never throws. */
  choose(serverName: string): SecureContext | undefined
}

/** Why the files cannot be served. */
export interface TlsProblem {
  readonly pointer: string
  /** One sentence without file contents. */
  readonly message: string
}

export type TlsResult =
  | { readonly ok: true; readonly value: ServerTls }
  | { readonly ok: false; readonly error: TlsProblem }

/**
 * Makes what a listener serves from the PEM files in the settings. A certificate serves the DNS names of its SAN; a name without
 * one gets the first certificate. A file that cannot be read, a broken certificate, and a key that does not belong to its
 * certificate are problems, and nothing is served.
 *
 * @param readFile reads a whole file; it may throw.
 */
export function createServerTls(settings: TlsSettings, readFile: (file: string) => Uint8Array): TlsResult {
  const identities: { readonly options: SecureContextOptions; readonly certificate: X509Certificate }[] = []
  const [first] = settings.certificates
  if (first === undefined)
    return { ok: false, error: { pointer: '/tls/certificates', message: 'there is no certificate' } }
  for (const entry of settings.certificates) {
    try {
      const cert = Buffer.from(readFile(entry.certificateFile))
      const options = optionsFor(settings, cert, Buffer.from(readFile(entry.privateKeyFile)), readFile)
      createSecureContext(options)
      identities.push({ options, certificate: new X509Certificate(cert) })
    } catch (error) {
      return { ok: false, error: { pointer: entry.pointer, message: reasonOf(error, entry.alias) } }
    }
  }
  const byName = new Map<string, SecureContext>()
  for (const { options, certificate } of identities) {
    const context = createSecureContext(options)
    for (const name of dnsNames(certificate)) if (!byName.has(name)) byName.set(name, context)
  }
  return {
    ok: true,
    value: {
      options: identities[0]?.options ?? {},
      requestCert: settings.clientCertificates !== 'none',
      rejectUnauthorized: settings.clientCertificates === 'required',
      choose: serverName => chooseContext(byName, serverName),
    },
  }
}

function optionsFor(
  settings: TlsSettings,
  cert: Buffer,
  key: Buffer,
  readFile: (file: string) => Uint8Array,
): SecureContextOptions {
  const authorities = settings.clientAuthorityFiles.map(file => Buffer.from(readFile(file)))
  return {
    cert,
    key,
    minVersion: settings.minVersion,
    ...(settings.clientCertificates === 'none' ? {} : { ca: authorities }),
  }
}

function chooseContext(byName: ReadonlyMap<string, SecureContext>, serverName: string): SecureContext | undefined {
  const name = serverName.toLowerCase()
  const dot = name.indexOf('.')
  // RFC 9525 section 6.3: a wildcard stands for exactly the first label.
  return byName.get(name) ?? (dot > 0 ? byName.get(`*${name.slice(dot)}`) : undefined)
}

function dnsNames(certificate: X509Certificate): string[] {
  const names = certificate.subjectAltName?.split(', ') ?? []
  return names.filter(name => name.startsWith('DNS:')).map(name => name.slice(4).toLowerCase())
}

/** OpenSSL's reason or the system's error code; never text out of a file. */
function reasonOf(error: unknown, alias: string): string {
  const { code, reason } = (error ?? {}) as { readonly code?: unknown; readonly reason?: unknown }
  const why = typeof reason === 'string' ? reason : typeof code === 'string' ? code : 'unusable'
  return `the certificate \`${alias}\` and its key cannot be used: ${why}`
}
