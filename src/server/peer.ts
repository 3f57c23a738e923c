import type { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { normalizeAddress } from '../message/address.ts'
import type { Peer, PeerCertificate } from '../message/request-head.ts'

/** Tells who is at the other end of a socket. */
export function peerOf(socket: Socket, tls: boolean): Peer {
  const address = normalizeAddress(socket.remoteAddress ?? '') ?? ''
  const port = socket.remotePort ?? 0
  if (!(socket instanceof TLSSocket)) return { address, port, tls, certificate: undefined }
  return new SecurePeer(address, port, socket)
}

/** The other end of a TLS connection: its certificate is looked at when somebody asks, and once. */
class SecurePeer implements Peer {
  readonly address: string
  readonly port: number
  readonly tls = true
  #socket: TLSSocket | undefined
  #certificate: PeerCertificate | undefined = undefined

  constructor(address: string, port: number, socket: TLSSocket) {
    this.address = address
    this.port = port
    // Only what the handshake verified counts; after a handshake that asked for none nothing was (product.md 3).
    this.#socket = socket.authorized ? socket : undefined
  }

  get certificate(): PeerCertificate | undefined {
    if (this.#socket !== undefined) {
      this.#certificate = readCertificate(this.#socket)
      this.#socket = undefined
    }
    return this.#certificate
  }
}

function readCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? undefined : describeCertificate(certificate)
}

/** Writes a verified certificate as the request path reads it. */
export function describeCertificate(certificate: X509Certificate): PeerCertificate {
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
  return {
    fingerprint,
    x5tS256: Buffer.from(fingerprint, 'hex').toString('base64url'),
    subject: toDistinguishedName(certificate.subject),
    san: readAlternativeNames(certificate.subjectAltName),
    verified: true,
  }
}

/**
 * OpenSSL writes one part a line, least specific first, each escaped as RFC 4514 wants it. Its `uid` is uniqueIdentifier, beside `UID` for
 * userId: types are compared without case, so that one is written as its number.
 */
function toDistinguishedName(subject: string | undefined): string {
  const parts = subject?.split('\n').filter(part => part !== '') ?? []
  return parts
    .reverse()
    .map(part => part.replaceAll(/(?<=^| \+ )uid=/g, `${UNIQUE_IDENTIFIER}=`).replaceAll(' + ', '+'))
    .join(',')
}

const UNIQUE_IDENTIFIER = '0.9.2342.19200300.100.1.44'

/** One name in Node's text of them: a kind, and a value that is quoted as JSON where it could be mistaken (CVE-2021-44532). */
const ALTERNATIVE_NAME = /(DNS|URI|email|IP Address|[A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y

/** Reads the alternative names out of Node's text; a text with another form has none. */
function readAlternativeNames(text: string | undefined): readonly string[] {
  const names: string[] = []
  const pattern = new RegExp(ALTERNATIVE_NAME)
  while (text !== undefined && pattern.lastIndex < text.length) {
    const [, kind = '', value = ''] = pattern.exec(text) ?? []
    if (kind === '') return []
    const name = value.startsWith('"') ? unquote(value) : value
    const fit = name === undefined ? undefined : fitToKind(kind, name)
    if (fit !== undefined) names.push(fit)
  }
  return names
}

function unquote(value: string): string | undefined {
  try {
    const name: unknown = JSON.parse(value)
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

function fitToKind(kind: string, name: string): string | undefined {
  switch (kind) {
    case 'DNS':
      return /^[\w*-]+(?:\.[\w*-]+)*$/.test(name) && isIP(name) === 0 ? name.toLowerCase() : undefined
    case 'IP Address':
      return normalizeAddress(name)
    case 'URI':
      return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(name) && isIP(name) === 0 ? name : undefined
    case 'email':
      return /^[^\s@:]+@[^\s@:]+$/.test(name) ? name : undefined
    default:
      return undefined
  }
}
