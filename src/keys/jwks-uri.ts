/**
 * A key set that is fetched from its issuer and kept fresh in the background. A request waits for a fetch only where it
 * brings an unknown `kid`, and it never fetches more than once per cool-down. A fetch that fails changes nothing but the
 * time of the next one: the last good set keeps serving, up to `max_stale`. Times are of the monotonic clock.
 */
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import { deny } from '../errors/denial.ts'
import type { Logger } from '../log/logger.ts'
import type { FetchDocument, FetchedDocument, FetchLimits } from '../outbound/fetch-document.ts'
import type { KeyOriginSettings } from '../settings/model.ts'
import type { DroppedKey } from './jwks.ts'
import { parseJwks } from './jwks-file.ts'
import { createKeySet } from './key-set.ts'
import type { JwsAlgorithm, KeyCandidates, KeySource, KeySourceStatus } from './key-source.ts'
import { ageOf, pauseAfterFailure, pauseAfterSuccess } from './refresh-plan.ts'
import { knowsKid, selectKeys } from './select.ts'

export interface JwksUriParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly fetchDocument: FetchDocument
  readonly random: () => number
  readonly schedule: Schedule
}

/** RFC 7517 section 8.5.1, and what issuers really send. */
const ACCEPT = 'application/jwk-set+json, application/json'

/** Creates the source and begins its first fetch. It does not wait for it, and it never throws. */
export function createJwksUriSource(
  authServer: string,
  origin: KeyOriginSettings & { readonly kind: 'jwksUri' },
  parts: JwksUriParts,
): KeySource {
  return new JwksUriSource(authServer, origin, parts)
}

class JwksUriSource implements KeySource {
  readonly #authServer: string
  readonly #origin: KeyOriginSettings & { readonly kind: 'jwksUri' }
  readonly #parts: JwksUriParts
  readonly #set = createKeySet(() => this.#isOver())
  readonly #closing = new AbortController()
  readonly #settled = Promise.withResolvers<void>()
  #inFlight: Promise<void> | undefined
  #cancelTimer: () => void = () => {}
  /** When the next fetch is planned; only looked at while none is in flight. */
  #nextAt = 0
  #succeededAt: number | undefined
  #fetchedAt: number | undefined
  /** For how long the present set is fresh. */
  #ageMs = 0
  #failures = 0
  #lastFailure: string | undefined
  /** When an unknown `kid` last caused a fetch. */
  #triggeredAt = Number.NEGATIVE_INFINITY
  #droppedBefore = ''

  constructor(authServer: string, origin: KeyOriginSettings & { readonly kind: 'jwksUri' }, parts: JwksUriParts) {
    this.#authServer = authServer
    this.#origin = origin
    this.#parts = parts
    this.#startFetch()
  }

  candidates(alg: JwsAlgorithm, kid: string | undefined): KeyCandidates | Promise<KeyCandidates> {
    if (this.#isUsable()) {
      const found = selectKeys(this.#set.keys, alg, kid)
      if (found.length > 0) {
        this.#catchUp()
        return { ok: true, value: found }
      }
      if (knowsKid(this.#set.keys, kid)) return { ok: true, value: found }
    }
    this.#triggerFetch()
    return this.#inFlight === undefined ? this.#answer(alg, kid) : this.#inFlight.then(() => this.#answer(alg, kid))
  }

  status(): KeySourceStatus {
    const usable = this.#isUsable()
    return {
      origin: 'jwksUri',
      keys: usable ? this.#set.keys.length : 0,
      fetchedAt: this.#fetchedAt,
      stale: this.#succeededAt !== undefined && this.#now() > this.#succeededAt + this.#ageMs,
      lastFailure: this.#lastFailure,
      settled: this.#succeededAt !== undefined || this.#failures > 0,
    }
  }

  settled(): Promise<void> {
    return this.#settled.promise
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#cancelTimer()
    this.#set.retireAll()
    await this.#inFlight
    this.#settled.resolve()
  }

  #now(): number {
    return this.#parts.clock.monotonic()
  }

  /** The last good set serves for `max_stale` after it was fetched, and at least for as long as it is fresh. */
  #isOver(): boolean {
    if (this.#succeededAt === undefined) return true
    return this.#now() > this.#succeededAt + Math.max(this.#ageMs, this.#origin.jwks.maxStaleMs)
  }

  #isUsable(): boolean {
    return !this.#closing.signal.aborted && !this.#isOver() && this.#set.keys.length > 0
  }

  #answer(alg: JwsAlgorithm, kid: string | undefined): KeyCandidates {
    const found = this.#isUsable() ? selectKeys(this.#set.keys, alg, kid) : []
    if (found.length > 0 || (this.#isUsable() && this.#failures === 0)) return { ok: true, value: found }
    const waitMs = Math.max(this.#nextAt - this.#now(), 0)
    return deny(
      'keys.unavailable',
      { authServer: this.#authServer, reason: this.#lastFailure ?? 'closed' },
      { retryAfterSeconds: Math.max(Math.ceil(waitMs / 1000), 1) },
    )
  }

  /** Starts a fetch because of an unknown `kid`, unless one did so within the cool-down, or one is in flight. */
  #triggerFetch(): void {
    const now = this.#now()
    if (this.#inFlight !== undefined || now - this.#triggeredAt < this.#origin.jwks.cooldownMs) return
    this.#triggeredAt = now
    this.#startFetch()
  }

  /** Starts a planned fetch whose timer is late, as after a machine's sleep. */
  #catchUp(): void {
    if (this.#inFlight === undefined && this.#now() >= this.#nextAt) this.#startFetch()
  }

  #startFetch(): void {
    if (this.#closing.signal.aborted) return
    this.#cancelTimer()
    this.#inFlight = this.#fetch()
  }

  /** Never rejects: whatever goes wrong is a failure that is noted, and tried again later. */
  async #fetch(): Promise<void> {
    let failure: string | undefined
    try {
      const document = await this.#parts.fetchDocument(this.#origin.uri, this.#limits())
      if (!this.#closing.signal.aborted) failure = document.ok ? this.#takeOver(document) : document.reason
    } catch (err) {
      failure = 'defect'
      this.#parts.logger.error({ authServer: this.#authServer, err }, 'fetching the keys of an auth server is broken')
    }
    // Before the next one is planned, so that its timer never finds this one still in flight.
    this.#inFlight = undefined
    if (this.#closing.signal.aborted) return
    if (failure === undefined) this.#noteSuccess()
    else this.#noteFailure(failure)
    this.#settled.resolve()
  }

  #limits(): FetchLimits {
    const { fetchTimeoutMs, maxBytes } = this.#origin.jwks
    // The settings were checked: http to another machine is there only where the operator allowed it.
    const allowHttp = true
    return { timeoutMs: fetchTimeoutMs, maxBytes, accept: ACCEPT, allowHttp, signal: this.#closing.signal }
  }

  /** Makes a fetched document the set in force; returns a few words where it has no usable key. */
  #takeOver(document: FetchedDocument & { readonly ok: true }): string | undefined {
    const imported = parseJwks(document.body)
    if (typeof imported === 'string') return imported
    const { added, removed } = this.#set.replace(imported.keys)
    this.#ageMs = ageOf(document.fields, this.#origin.jwks)
    this.#warnOfDropped(imported.dropped)
    if (added + removed > 0)
      this.#parts.logger.info(
        { authServer: this.#authServer, keys: this.#set.keys.length, added, removed },
        'the keys of an auth server have changed',
      )
    return undefined
  }

  #noteSuccess(): void {
    const { clock, logger, random } = this.#parts
    if (this.#failures > 0)
      logger.info(
        { authServer: this.#authServer, failures: this.#failures },
        'the keys of an auth server can be fetched again',
      )
    this.#failures = 0
    this.#lastFailure = undefined
    this.#succeededAt = clock.monotonic()
    this.#fetchedAt = clock.now()
    this.#plan(pauseAfterSuccess(this.#ageMs, random))
  }

  #noteFailure(reason: string): void {
    this.#failures += 1
    this.#lastFailure = reason
    const pauseMs = pauseAfterFailure(this.#failures, this.#parts.random)
    this.#parts.logger.warn(
      { authServer: this.#authServer, reason, keys: this.status().keys, retryInMs: Math.round(pauseMs) },
      'the keys of an auth server cannot be fetched',
    )
    this.#plan(pauseMs)
  }

  #plan(pauseMs: number): void {
    this.#nextAt = this.#now() + pauseMs
    this.#cancelTimer = this.#parts.schedule(pauseMs, () => {
      if (this.#inFlight === undefined) this.#startFetch()
    })
  }

  #warnOfDropped(dropped: readonly DroppedKey[]): void {
    const summary = JSON.stringify(dropped)
    if (dropped.length > 0 && summary !== this.#droppedBefore)
      this.#parts.logger.warn({ authServer: this.#authServer, dropped }, 'keys of an auth server cannot be used')
    this.#droppedBefore = summary
  }
}
