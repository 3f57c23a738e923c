/**
 * The request as it arrived, free of Node.js types: who sent it, what it asks for, its field lines as received. Whatever has two
 * readings is refused here or before, never interpreted; nothing here knows a route, a token or a setting. `server` makes a head from
 * what Node's parser lets through, everybody behind it reads it.
 */
import type { Fields } from './fields.ts'

/** The other end of the connection; one value per connection. */
export interface Peer {
  /** IP address without brackets or zone; IPv4-mapped IPv6 addresses are written as IPv4. */
  readonly address: string
  readonly port: number
  readonly tls: boolean
  /** The caller's certificate, only where it was verified against the configured authorities; read once, when it is first asked for. */
  readonly certificate: PeerCertificate | undefined
}

/** A client certificate that the handshake verified: a caller that has one has proved that it holds its key. */
export interface PeerCertificate {
  /** SHA-256 of the DER form, in lower-case hex. */
  readonly fingerprint: string
  /** The same in base64url: what a token's `cnf.x5t#S256` must equal (RFC 8705 section 3.1). */
  readonly x5tS256: string
  /** The subject as RFC 4514 writes it, most specific part first: `CN=orders,O=Example,C=DE`. */
  readonly subject: string
  /**
   * The subject's alternative names without their kinds: DNS names in lower case, addresses, URIs, e-mail addresses. Values whose
   * form is that of another kind are left out, so no kind passes for another.
   */
  readonly san: readonly string[]
  readonly verified: true
}

/** How the end of the request body is known (RFC 9112 section 6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }

/** A request as it arrived, checked and free of Node.js types: what the whole request path reads. */
export interface RequestHead {
  /** As received; methods are case-sensitive (RFC 9110 section 9.1). */
  readonly method: string
  /** The one canonical path (`canonical-path.ts`): matched, authorised, rewritten, logged and forwarded in this form. */
  readonly path: string
  /** Empty, or the query as received with its leading `?`. Never logged. */
  readonly query: string
  /** Host and port that the caller named, lower case, as in the Host field or the absolute-form target. */
  readonly authority: string
  /** The host of `authority` without port and without IPv6 brackets. */
  readonly host: string
  /** Scheme of the caller's connection: the listener's, or a trusted proxy's word. */
  readonly scheme: 'http' | 'https'
  readonly httpVersion: '1.0' | '1.1' | '2.0'
  readonly fields: Fields
  readonly framing: Framing
  readonly peer: Peer
  /** Address of the caller: the rightmost hop that is not a trusted proxy; without brackets. */
  readonly clientAddress: string
  /** Protocols of a valid upgrade request (`websocket`), lower case; undefined for ordinary requests. */
  readonly upgrade: string | undefined
}
