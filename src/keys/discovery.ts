/**
 * From a discovery document to the address of a key set: OpenID Connect Discovery 1.0 section 4.3, RFC 8414 section 3.3. The document
 * must be the configured issuer's own, by exact comparison; of everything else in it only `jwks_uri` is read.
 */
import type { Result } from '../errors/denial.ts'
import { isLoopbackHost } from '../message/loopback.ts'

/** Longest address of a key set. */
const MOST_URI_LENGTH = 2048
/** Longest piece of a stranger's text in the log. */
const MOST_LOGGED_LENGTH = 200

/** Why a document is not used; `found` is its issuer where that is another one. */
export interface DiscoveryRefusal {
  readonly reason: string
  readonly found?: string
}

/**
 * Reads the address of the key set. `issuer` is the configured one. Plain `http:` is refused as for `jwksuri`: it goes to loopback
 * only, and only from a document that itself came from there, or where `allowHttp` permits it. Never throws.
 */
export function readDiscovery(
  bytes: Uint8Array,
  origin: { readonly url: string; readonly issuer: string | undefined; readonly allowHttp: boolean },
): Result<string, DiscoveryRefusal> {
  const document = parse(bytes)
  if (document === undefined) return refuse('not json')
  const issuer = document['issuer']
  if (typeof issuer !== 'string') return refuse('no issuer')
  if (issuer !== origin.issuer)
    return { ok: false, error: { reason: 'another issuer', found: issuer.slice(0, MOST_LOGGED_LENGTH) } }
  const uri = document['jwks_uri']
  if (typeof uri !== 'string' || uri.length > MOST_URI_LENGTH) return refuse('no jwks_uri')
  const url = URL.parse(uri)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return refuse('bad jwks_uri')
  if (url.protocol === 'http:' && !origin.allowHttp && !(isLocal(uri) && isLocal(origin.url)))
    return refuse('http not allowed')
  return { ok: true, value: uri }
}

function isLocal(uri: string): boolean {
  return isLoopbackHost(URL.parse(uri)?.hostname ?? '')
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const document: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof document === 'object' && document !== null && !Array.isArray(document)
      ? (document as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

function refuse(reason: string): Result<never, DiscoveryRefusal> {
  return { ok: false, error: { reason } }
}
