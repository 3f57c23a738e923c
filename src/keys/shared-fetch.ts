/**
 * One fetch for everybody who wants the same document at the same time. What is shared are octets and how fresh they are, never
 * keys: each source imports what it gets for its own issuer.
 */
import type { Clock } from '../clock/clock.ts'
import type { FetchDocument, FetchedDocument, FetchLimits } from '../outbound/fetch-document.ts'
import { toValidators } from '../outbound/validators.ts'

export interface SharedCall {
  /** Who fetches; calls of different fetchers are never shared, for their trust differs. */
  readonly fetchDocument: FetchDocument
  readonly uri: string
  /** `held` is filled in here. */
  readonly limits: FetchLimits
  /** The time that the caller's settings give to all it fetches for one set: nobody waits by another's, or fails by it. */
  readonly allowedMs: number
  /** Asks whether the document has changed; false asks for the document, whatever the server believes we hold. */
  readonly isConditional: boolean
  /** An outcome for somebody else is as good if it is younger than this, in milliseconds, … */
  readonly reuseWithinMs: number
  /** … and later than this, on the monotonic clock: what the caller has not seen yet. */
  readonly laterThan: number
}

export interface SharedOutcome {
  /** After a 304 it has the body that was held, with the fields of both (RFC 9111 section 4.3.4). */
  readonly document: FetchedDocument
  /** When the fetch ended, on the monotonic clock. */
  readonly atMs: number
}

/** Fetches documents; rejects only with a defect of the fetcher. */
export type SharedFetch = (call: SharedCall) => Promise<SharedOutcome>

/** Documents that are remembered for one fetcher; beyond that, those fetched longest ago are forgotten. */
const MOST_DOCUMENTS = 256

/** What a 304 need not say again; all other fields of an answer go with it, so that no server can pile them up. */
const LASTING_FIELDS = ['cache-control', 'expires', 'date', 'etag', 'last-modified']

interface Flight {
  readonly outcome: Promise<SharedOutcome>
  readonly abort: AbortController
  waiting: number
}

interface Entry {
  flight: Flight | undefined
  last: SharedOutcome | undefined
  /** The last answer with a body, for what a 304 leaves out. */
  held: (FetchedDocument & { readonly ok: true }) | undefined
}

/** Creates a shared fetch. It holds no connection and no timer, so there is nothing to close. */
export function createSharedFetch(clock: Clock): SharedFetch {
  const fetchers = new WeakMap<FetchDocument, Map<string, Entry>>()

  const entryOf = ({ fetchDocument, uri, limits, allowedMs }: SharedCall): Entry => {
    let entries = fetchers.get(fetchDocument)
    if (entries === undefined) {
      entries = new Map()
      fetchers.set(fetchDocument, entries)
    }
    const key = JSON.stringify([uri, limits.accept, limits.maxBytes, limits.allowHttp === true, allowedMs])
    const entry = entries.get(key) ?? { flight: undefined, last: undefined, held: undefined }
    entries.delete(key)
    entries.set(key, entry)
    for (const [oldest, { flight }] of entries) {
      if (entries.size <= MOST_DOCUMENTS) break
      if (flight === undefined) entries.delete(oldest)
    }
    return entry
  }

  const takeOff = (entry: Entry, call: SharedCall): Flight => {
    const abort = new AbortController()
    const fields = entry.held?.fields
    const validators = call.isConditional ? toValidators(fields?.get('etag'), fields?.get('last-modified')) : undefined
    const limits = { ...call.limits, signal: abort.signal, ...(validators !== undefined && { held: validators }) }
    const land = (fetched: FetchedDocument): SharedOutcome => {
      const document = renew(fetched, entry.held)
      if (document.ok) entry.held = document
      const outcome = { document, atMs: clock.monotonic() }
      if (!abort.signal.aborted) entry.last = outcome
      return outcome
    }
    const outcome = call.fetchDocument(call.uri, limits).then(land)
    const flight: Flight = { outcome, abort, waiting: 0 }
    const end = (): void => {
      if (entry.flight === flight) entry.flight = undefined
    }
    abort.signal.addEventListener('abort', end, { once: true })
    outcome.then(end, end)
    entry.flight = flight
    return flight
  }

  return call => {
    const entry = entryOf(call)
    const { last } = entry
    if (last !== undefined && last.atMs > call.laterThan && clock.monotonic() - last.atMs < call.reuseWithinMs)
      return Promise.resolve(last)
    return board(entry.flight ?? takeOff(entry, call), call.limits.signal)
  }
}

/** Waits for a flight until it lands or the passenger leaves; the last one who leaves ends it. */
function board(flight: Flight, signal: AbortSignal | undefined): Promise<SharedOutcome> {
  flight.waiting += 1
  if (signal === undefined) return flight.outcome
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      flight.waiting -= 1
      if (flight.waiting === 0) flight.abort.abort()
      resolve({ document: { ok: false, reason: 'closed' }, atMs: Number.NEGATIVE_INFINITY })
    }
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave, { once: true })
    flight.outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

function renew(fetched: FetchedDocument, held: Entry['held']): FetchedDocument {
  if (!fetched.ok || fetched.status !== 304) return fetched
  if (held === undefined) return { ok: false, reason: 'status 304' }
  const fields = new Map(fetched.fields)
  for (const name of LASTING_FIELDS) {
    const value = fields.get(name) ?? held.fields.get(name)
    if (value !== undefined) fields.set(name, value)
  }
  return { ok: true, status: 304, body: held.body, fields }
}
