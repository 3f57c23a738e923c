import type { Logger } from '../log/logger.ts'
import type { FetchDocument } from '../outbound/fetch-document.ts'
import type { KeyOriginSettings } from '../settings/model.ts'
import { readDiscovery } from './discovery.ts'
import type { SharedFetch, SharedOutcome } from './shared-fetch.ts'

/** An origin whose keys are fetched. */
export type RemoteOrigin = KeyOriginSettings & { readonly kind: 'jwksUri' | 'discovery' }

/** How one fetch is to be done: see `SharedCall`. */
export interface FetchPlan {
  readonly isConditional: boolean
  readonly reuseWithinMs: number
  readonly laterThan: number
}

/** Gets the octets of one auth server's key set. Rejects only with a defect of the fetcher. */
export type FetchKeyDocument = (plan: FetchPlan) => Promise<SharedOutcome>

export interface KeyDocumentParts {
  readonly fetchDocument: FetchDocument
  readonly shared: SharedFetch
  readonly logger: Logger
  readonly monotonic: () => number
  /** Ends a fetch early. */
  readonly signal: AbortSignal
}

/** RFC 7517 section 8.5.1, and what issuers really send. */
const ACCEPT_KEYS = 'application/jwk-set+json, application/json'
const ACCEPT_DISCOVERY = 'application/json'

/** Names what is configured: the address of the set, or of the discovery document. */
export function addressOf(origin: RemoteOrigin): string {
  return origin.kind === 'jwksUri' ? origin.uri : origin.url
}

/**
 * Creates the way to an auth server's key set: straight, or by its discovery document, which is fetched along with the set each
 * time. Both fetches together take no longer than `fetch_timeout`.
 */
export function createKeyDocumentFetch(
  owner: { readonly authServer: string; readonly issuer: string | undefined },
  origin: RemoteOrigin,
  parts: KeyDocumentParts,
): FetchKeyDocument {
  const get = (uri: string, accept: string, timeoutMs: number, allowHttp: boolean, plan: FetchPlan) =>
    parts.shared({
      ...plan,
      fetchDocument: parts.fetchDocument,
      uri,
      allowedMs: origin.jwks.fetchTimeoutMs,
      limits: { timeoutMs, maxBytes: origin.jwks.maxBytes, accept, allowHttp, signal: parts.signal },
    })
  const { fetchTimeoutMs } = origin.jwks
  // Configured addresses were checked: http to another machine is there only where the operator allowed it.
  if (origin.kind === 'jwksUri') return plan => get(origin.uri, ACCEPT_KEYS, fetchTimeoutMs, true, plan)

  return async plan => {
    const until = parts.monotonic() + fetchTimeoutMs
    const found = await get(origin.url, ACCEPT_DISCOVERY, fetchTimeoutMs, true, plan)
    if (!found.document.ok) return fail(found.document.reason, found.atMs)
    const address = readDiscovery(found.document.body, { ...origin, issuer: owner.issuer })
    if (address.ok) {
      const leftMs = Math.max(Math.ceil(until - parts.monotonic()), 1)
      // An address that came from outside is held to the rules once more.
      return get(address.value, ACCEPT_KEYS, leftMs, origin.allowHttp, plan)
    }
    const { reason, found: issuer } = address.error
    if (issuer !== undefined)
      parts.logger.error(
        { authServer: owner.authServer, configured: owner.issuer, found: issuer },
        'the discovery document of an auth server names another issuer: its keys are not used',
      )
    return fail(reason, found.atMs)
  }
}

function fail(reason: string, atMs: number): SharedOutcome {
  return { document: { ok: false, reason: `discovery: ${reason}` }, atMs }
}
