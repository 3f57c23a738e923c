/**
 * A deny list that is fetched again and again. The last good one stays in force whatever becomes of the next: a failure, or a document
 * with one wrong entry, changes nothing but the time of the next fetch. It is kept on disk too, for a start while its server is
 * away. Until a list was had once nobody can tell what is revoked, and no token passes (`isKnown`).
 */
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import { pauseAfterFailure } from '../keys/refresh-plan.ts'
import type { Logger } from '../log/logger.ts'
import type { FetchDocument, FetchedDocument } from '../outbound/fetch-document.ts'
import { toValidators, type Validators } from '../outbound/validators.ts'
import type { RevocationListSettings, RevocationSettings } from '../settings/revocation-settings.ts'
import type { Store } from '../state/store.ts'
import type { JsonObject } from './jwt.ts'
import { digestOf, openRevocationCopy, type RevocationCopyFile } from './revocation-copy.ts'
import { parseRevocationDocument } from './revocation-entry.ts'
import { RevocationIndex } from './revocation-index.ts'
import type { RevocationList } from './revocations.ts'

export interface PolledRevocationsParts {
  readonly clock: Clock
  readonly schedule: Schedule
  readonly logger: Logger
  readonly fetchDocument: FetchDocument
  readonly store: Store
  /** Whether the last good list is kept on disk; it is read from there in any case. */
  readonly mayKeep: boolean
  /** From 0 to below 1, for the jitter. */
  readonly random: () => number
}

/** How the fetching goes. Times are milliseconds since the epoch. */
export interface PolledRevocationsStatus {
  /** Without its query, which can be a key of its own. */
  readonly url: string
  readonly entries: number
  /** False until a list was had once. */
  readonly isKnown: boolean
  /** When its server last confirmed the list; undefined while only a copy on disk is there, or nothing. */
  readonly lastSuccessMs: number | undefined
  readonly lastFailure: string | undefined
  /** Since the start. */
  readonly failures: number
  readonly nextAttemptMs: number | undefined
}

/** Most entries of one document. */
export const MOST_POLLED_ENTRIES = 50_000

interface Held {
  readonly digest: string
  readonly validators: Validators | undefined
  readonly entries: readonly RevocationSettings[]
}

/** Begins with the copy on disk, then fetches. Waits for neither, and never throws. */
export class PolledRevocations {
  readonly #settings: RevocationListSettings
  readonly #parts: PolledRevocationsParts
  readonly #shownUrl: string
  readonly #copy: RevocationCopyFile
  readonly #closing = new AbortController()
  readonly #settled = Promise.withResolvers<void>()
  #held: Held | undefined
  #generation = 0
  #inFlight: Promise<void>
  #cancelTimer: () => void = () => {}
  #nextAttemptMs: number | undefined
  #lastSuccessMs: number | undefined
  #lastFailure: string | undefined
  #failures = 0
  #failuresInARow = 0

  constructor(settings: RevocationListSettings, parts: PolledRevocationsParts) {
    this.#settings = settings
    this.#parts = parts
    this.#shownUrl = withoutQuery(settings.url)
    this.#copy = openRevocationCopy(parts.store, settings.url)
    this.#inFlight = this.#readCopy().then(() => this.#fetch())
  }

  /** The list in force; none before one was had. */
  get entries(): readonly RevocationSettings[] {
    return this.#held?.entries ?? []
  }

  /** Grows with each change of the list. */
  get generation(): number {
    return this.#generation
  }

  get isKnown(): boolean {
    return this.#held !== undefined
  }

  /** Resolves once the first fetch has ended, whichever way. */
  settled(): Promise<void> {
    return this.#settled.promise
  }

  /** What the list revokes, by the issuers of these auth servers; entries of others have no effect, and the log says so. */
  bind(issuers: ReadonlyMap<string, string>): RevocationList {
    return new BoundRevocations(this, issuers, this.#parts)
  }

  status(): PolledRevocationsStatus {
    return {
      url: this.#shownUrl,
      entries: this.entries.length,
      isKnown: this.isKnown,
      lastSuccessMs: this.#lastSuccessMs,
      lastFailure: this.#lastFailure,
      failures: this.#failures,
      nextAttemptMs: this.#nextAttemptMs,
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#cancelTimer()
    await this.#inFlight
    this.#settled.resolve()
  }

  async #readCopy(): Promise<void> {
    const read = await this.#copy.read()
    if (!read.ok) return this.#warn(`the copy on disk cannot be used: ${read.error}`)
    if (read.value === undefined) return
    const { document, validators } = read.value
    const refusal = this.#takeOver(document, validators)
    if (refusal !== undefined) this.#warn(`the copy on disk cannot be used: ${refusal}`)
  }

  /** Never rejects: whatever goes wrong is a failure that is noted, and tried again later. */
  async #fetch(): Promise<void> {
    if (this.#closing.signal.aborted) return
    let failure: string | undefined
    try {
      const { url, timeoutMs, maxBytes } = this.#settings
      const held = this.#held?.validators
      const fetched = await this.#parts.fetchDocument(url, {
        timeoutMs,
        maxBytes,
        accept: 'application/json',
        // The settings were checked: http to another machine is there only where the operator allowed it.
        allowHttp: true,
        signal: this.#closing.signal,
        ...(held !== undefined && { held }),
      })
      if (this.#closing.signal.aborted) return
      failure = fetched.ok ? await this.#take(fetched) : fetched.reason
    } catch (err) {
      failure = 'defect'
      this.#parts.logger.error({ err }, 'fetching the revocation list is broken')
    }
    if (failure === undefined) this.#noteSuccess()
    else this.#noteFailure(failure)
    this.#settled.resolve()
  }

  /** Takes an answer over, and keeps it on disk where it is new; returns a few words where it is no list. */
  async #take({ status, body, fields }: FetchedDocument & { readonly ok: true }): Promise<string | undefined> {
    if (status === 304) return undefined
    const validators = toValidators(fields.get('etag'), fields.get('last-modified'))
    const before = this.#held?.digest
    const refusal = this.#takeOver(body, validators)
    if (refusal !== undefined || before === this.#held?.digest || !this.#parts.mayKeep) return refusal
    const kept = await this.#copy.write({ document: body, validators })
    if (!kept.ok) this.#warn(`it cannot be kept for the next start: ${kept.error.message}`)
    return undefined
  }

  /** Puts a document in force, whole or not at all; returns what is wrong with it. */
  #takeOver(document: Uint8Array, validators: Validators | undefined): string | undefined {
    const digest = digestOf(document)
    if (digest === this.#held?.digest) {
      this.#held = { ...this.#held, validators }
      return undefined
    }
    const parsed = parseRevocationDocument(document, MOST_POLLED_ENTRIES)
    if (!parsed.ok) return parsed.error
    this.#held = { digest, validators, entries: parsed.value }
    this.#generation += 1
    this.#parts.logger.info({ url: this.#shownUrl, entries: parsed.value.length }, 'the revocation list has changed')
    return undefined
  }

  #noteSuccess(): void {
    if (this.#failuresInARow > 0)
      this.#parts.logger.info(
        { url: this.#shownUrl, failures: this.#failuresInARow },
        'the revocation list can be fetched again',
      )
    this.#failuresInARow = 0
    this.#lastFailure = undefined
    this.#lastSuccessMs = this.#parts.clock.now()
    this.#plan(this.#settings.intervalMs * (0.8 + 0.2 * this.#parts.random()))
  }

  #noteFailure(reason: string): void {
    this.#failures += 1
    this.#failuresInARow += 1
    this.#lastFailure = reason
    const pauseMs = Math.min(pauseAfterFailure(this.#failuresInARow, this.#parts.random), this.#settings.intervalMs)
    const facts = { url: this.#shownUrl, reason, retryInMs: Math.round(pauseMs) }
    if (this.isKnown) this.#parts.logger.warn(facts, 'the revocation list cannot be fetched: the last good one counts')
    else this.#parts.logger.error(facts, 'the revocation list cannot be fetched, and none is there: no token passes')
    this.#plan(pauseMs)
  }

  #plan(pauseMs: number): void {
    if (this.#closing.signal.aborted) return
    this.#nextAttemptMs = this.#parts.clock.now() + pauseMs
    this.#cancelTimer = this.#parts.schedule(pauseMs, () => {
      this.#inFlight = this.#fetch()
    })
  }

  #warn(reason: string): void {
    this.#parts.logger.warn({ url: this.#shownUrl, reason }, 'the revocation list is not well kept')
  }
}

/** The list as one snapshot sees it: its auth servers have these issuers. Laid out anew at the first look after a change. */
class BoundRevocations implements RevocationList {
  readonly #polled: PolledRevocations
  readonly #issuers: ReadonlyMap<string, string>
  readonly #parts: Pick<PolledRevocationsParts, 'clock' | 'logger'>
  #index: RevocationIndex
  #laidOut = -1

  constructor(
    polled: PolledRevocations,
    issuers: ReadonlyMap<string, string>,
    parts: Pick<PolledRevocationsParts, 'clock' | 'logger'>,
  ) {
    this.#polled = polled
    this.#issuers = issuers
    this.#parts = parts
    this.#index = new RevocationIndex(parts.clock)
  }

  get isKnown(): boolean {
    return this.#polled.isKnown
  }

  get generation(): number {
    return this.#polled.generation
  }

  isRevoked(issuer: string, claims: JsonObject): boolean {
    if (this.#laidOut !== this.#polled.generation) this.#layOut()
    return this.#index.isRevoked(issuer, claims)
  }

  #layOut(): void {
    this.#laidOut = this.#polled.generation
    this.#index = new RevocationIndex(this.#parts.clock)
    let strangers = 0
    for (const { authServer, tokens, untilMs } of this.#polled.entries) {
      const issuer = this.#issuers.get(authServer)
      if (issuer === undefined) strangers += 1
      else this.#index.add(issuer, tokens, untilMs)
    }
    if (strangers > 0)
      this.#parts.logger.warn({ entries: strangers }, 'the revocation list names auth servers that have no issuer here')
  }
}

/** Addresses of stored documents are often signed: whoever has the query has the document. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
