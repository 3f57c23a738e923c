import { constants, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { Stores } from '../keys/stores.ts'
import type { TlsSettings } from '../settings/model.ts'

/** What an HTTPS listener serves; made from key stores, replaced as a whole when they change. */
export interface ServerTls {
  /** Key, certificate and protocol version of the first certificate, which also serves unknown names. */
  readonly options: SecureContextOptions
  /** Client certificates: asked for, and refused in the handshake where they cannot be verified. Fixed while a listener is open. */
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
  /** Chooses the certificate for a server name (any case); undefined for the first one. Never throws. */
  choose(serverName: string): SecureContext | undefined
}

/**
 * A handshake in the middle of a TLS 1.2 connection could put another certificate, which nobody verified, in the place of the verified one.
 * HTTP/2 forbids it anyway (RFC 9113 section 9.2.1).
 */
const NO_RENEGOTIATION = constants.SSL_OP_NO_RENEGOTIATION

/**
 * Makes what a listener serves from the entries of keystores. A certificate serves the DNS names of its SAN; a name without one gets
 * the first certificate. An entry that is not there, has no certificate, or cannot be used is a finding, and nothing is served.
 */
export function createServerTls(settings: TlsSettings, stores: Stores): Result<ServerTls, Finding> {
  const authorities = findAuthorities(settings, stores)
  if (!authorities.ok) return authorities
  const identities: {
    readonly options: SecureContextOptions
    readonly context: SecureContext
    readonly certificate: X509Certificate
  }[] = []
  for (const { keystore, alias, pointer } of settings.certificates) {
    const place = {
      pointer: `${pointer}/${alias === undefined ? 'keyStoreAlias' : 'keyAlias'}`,
      use: 'server',
    } as const
    const found = stores.entry(keystore, alias, place)
    if (!found.ok) return found
    const { privateKey, certificates } = found.value
    const [leaf] = certificates
    if (privateKey === undefined || leaf === undefined) {
      return refuse(
        place.pointer,
        `entry \`${found.value.alias}\` of keystore \`${keystore}\` has no certificate to serve`,
      )
    }
    const options: SecureContextOptions = {
      cert: certificates.join(''),
      key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      minVersion: settings.minVersion,
      secureOptions: NO_RENEGOTIATION,
      ...authorities.value,
    }
    try {
      identities.push({
        options,
        context: createSecureContext(options),
        certificate: new X509Certificate(leaf),
      })
    } catch (error) {
      return refuse(place.pointer, reasonOf(error, found.value.alias))
    }
  }
  const [first] = identities
  if (first === undefined) return refuse('/tls/certificates', 'there is no certificate')
  const byName = new Map<string, SecureContext>()
  for (const { context, certificate } of identities) {
    for (const name of dnsNames(certificate)) if (!byName.has(name)) byName.set(name, context)
  }
  return ok({
    options: first.options,
    requestCert: settings.clientCertificates !== 'none',
    rejectUnauthorized: settings.clientCertificates === 'required',
    choose: serverName => chooseContext(byName, serverName),
  })
}

/** Whose client certificates count. Where none are named nobody's do: the platform's own authorities are none of ours. */
function findAuthorities(
  { clientCertificates, clientTruststore }: TlsSettings,
  stores: Stores,
): Result<SecureContextOptions, Finding> {
  if (clientCertificates === 'none') return ok({})
  if (clientTruststore === undefined)
    return refuse('/tls/client_certificates', 'there is no truststore for client certificates')
  const { name, pointer } = clientTruststore
  const trusted = stores.trusted(name, undefined, { pointer, use: 'authority' })
  return trusted.ok ? ok({ ca: [...trusted.value], allowPartialTrustChain: true }) : trusted
}

function refuse(pointer: string, message: string): Result<never, Finding> {
  return { ok: false, error: { code: 'config.unusable', severity: 'error', message, pointer } }
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
