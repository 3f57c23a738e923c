/**
 * A key set that is fetched from its issuer and kept fresh in the background. A request waits for a fetch only where it
 * brings an unknown `kid`, and it never fetches more than once per cool-down. A fetch that fails changes nothing but the
 * time of the next one: the last good set keeps serving, up to `max_stale`. Times are of the monotonic clock.
 */
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import { deny } from '../errors/denial.ts'
import type { Logger } from '../log/logger.ts'
import type { FetchDocument, FetchedDocument } from '../outbound/fetch-document.ts'
import { type CopyKeeper, createCopyKeeper, type RestoredCopy } from './copy-keeper.ts'
import type { KeyCopies } from './key-copies.ts'
import {
  addressOf,
  createKeyDocumentFetch,
  type FetchKeyDocument,
  type FetchPlan,
  type RemoteOrigin,
} from './key-document.ts'
import type { JwsAlgorithm, KeyCandidates, KeySource, KeySourceStatus } from './key-source.ts'
import { LivingSet } from './living-set.ts'
import { ageOf, pauseAfterFailure, pauseAfterSuccess } from './refresh-plan.ts'
import { knowsKid, selectKeys } from './select.ts'
import { createSharedFetch, type SharedFetch } from './shared-fetch.ts'

export interface JwksUriParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly fetchDocument: FetchDocument
  readonly random: () => number
  readonly schedule: Schedule
  /** Who else fetches; alone without. */
  readonly shared?: SharedFetch
  /** Where the last good set is kept; nowhere without, and without `issuer`. */
  readonly copies?: KeyCopies
  /** The configured issuer: what a copy and a discovery document must be of. */
  readonly issuer?: string | undefined
}

/** Least time between two fetches that operators ask for. */
const LEAST_REFRESH_PAUSE_MS = 5_000

/** Creates the source and begins its first fetch. It does not wait for it, and it never throws. */
export function createJwksUriSource(authServer: string, origin: RemoteOrigin, parts: JwksUriParts): KeySource {
  return new JwksUriSource(authServer, origin, parts)
}

class JwksUriSource implements KeySource {
  readonly #authServer: string
  readonly #origin: RemoteOrigin
  readonly #parts: JwksUriParts
  readonly #set: LivingSet
  readonly #closing = new AbortController()
  readonly #settled = Promise.withResolvers<void>()
  readonly #fetchDocument: FetchKeyDocument
  readonly #copy: CopyKeeper | undefined
  readonly #fetches = { fetched: 0, unchanged: 0, failed: 0 }
  /** Pending while the copy on disk is being read. */
  #restoring: Promise<void> | undefined
  #isRestored = false
  #inFlight: Promise<void> | undefined
  #cancelTimer: () => void = () => {}
  /** When the next fetch is planned; only looked at while none is in flight. */
  #nextAt = 0
  #pauseMs = 0
  #succeededAt: number | undefined
  #fetchedAt: number | undefined
  #attemptedAt: number | undefined
  /** When the latest outcome that was taken over came about. */
  #outcomeAt = Number.NEGATIVE_INFINITY
  /** For how long the present set is fresh. */
  #ageMs = 0
  #failures = 0
  #lastFailure: string | undefined
  /** When a token last caused a fetch. */
  #triggeredAt = Number.NEGATIVE_INFINITY
  /** When an operator last did. */
  #refreshedAt = Number.NEGATIVE_INFINITY

  constructor(authServer: string, origin: RemoteOrigin, parts: JwksUriParts) {
    const { clock, copies, issuer, logger } = parts
    this.#authServer = authServer
    this.#origin = origin
    this.#parts = parts
    this.#set = new LivingSet(authServer, parts, () => this.#isOver())
    this.#fetchDocument = createKeyDocumentFetch({ authServer, issuer }, origin, {
      fetchDocument: parts.fetchDocument,
      shared: parts.shared ?? createSharedFetch(clock),
      logger,
      monotonic: () => clock.monotonic(),
      signal: this.#closing.signal,
    })
    if (copies !== undefined && issuer !== undefined) {
      this.#copy = createCopyKeeper({ authServer, issuer, source: addressOf(origin) }, { copies, clock, logger })
      this.#restoring = this.#restore(this.#copy)
    }
    this.#startFetch(this.#planned())
  }

  candidates(alg: JwsAlgorithm, kid: string | undefined): KeyCandidates | Promise<KeyCandidates> {
    if (this.#isUsable()) {
      const found = selectKeys(this.#set.keys, alg, kid)
      if (found.length > 0) {
        this.#catchUp()
        return { ok: true, value: found }
      }
      if (knowsKid(this.#set.keys, kid)) return { ok: true, value: found }
      this.#set.observatory.noteAbsent(kid)
      if (this.#isCool() && this.#set.unknown.has(kid)) return this.#answer(alg, kid)
    } else if (this.#restoring !== undefined) {
      // The disk is quicker than an issuer that may be away.
      return this.#restoring.then(() => this.candidates(alg, kid))
    }
    this.#triggerFetch()
    return this.#inFlight === undefined ? this.#answer(alg, kid) : this.#inFlight.then(() => this.#answer(alg, kid))
  }

  reconsider(alg: JwsAlgorithm): KeyCandidates | Promise<KeyCandidates> {
    const before = new Set(this.#set.keys)
    const judge = (): KeyCandidates => {
      if (this.#failures > 0 || !this.#isUsable()) return this.#deny()
      const arrived = this.#set.keys.filter(key => !before.has(key))
      return { ok: true, value: selectKeys(arrived, alg, undefined) }
    }
    this.#triggerFetch()
    return this.#inFlight === undefined ? judge() : this.#inFlight.then(judge)
  }

  async refresh(): Promise<void> {
    const now = this.#now()
    if (this.#inFlight === undefined && now - this.#refreshedAt >= LEAST_REFRESH_PAUSE_MS) {
      this.#refreshedAt = now
      this.#startFetch({ isConditional: false, reuseWithinMs: 0, laterThan: this.#outcomeAt })
    }
    await this.#inFlight
  }

  status(): KeySourceStatus {
    const usable = this.#isUsable()
    const { now } = this.#parts.clock
    return {
      origin: this.#origin.kind,
      keys: usable ? this.#set.keys.length : 0,
      fetchedAt: this.#fetchedAt,
      stale: this.#succeededAt !== undefined && this.#now() > this.#succeededAt + this.#ageMs,
      lastFailure: this.#lastFailure,
      settled: this.#isSettled(),
      observed: usable ? this.#set.observatory.list() : [],
      departed: this.#set.observatory.departed(),
      departedUses: this.#set.observatory.departedUses,
      setAgeMs: this.#succeededAt === undefined ? undefined : this.#now() - this.#succeededAt,
      lastAttemptAtMs: this.#attemptedAt,
      nextAttemptAtMs: this.#inFlight === undefined ? now() + Math.max(this.#nextAt - this.#now(), 0) : now(),
      fetches: { ...this.#fetches },
      restored: this.#isRestored,
      copyFailure: this.#copy?.failure,
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
    await this.#restoring
    await this.#copy?.done()
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

  #isSettled(): boolean {
    return this.#succeededAt !== undefined || (this.#failures > 0 && this.#restoring === undefined)
  }

  /** Within the cool-down no token causes another fetch. */
  #isCool(): boolean {
    return this.#now() - this.#triggeredAt < this.#origin.jwks.cooldownMs
  }

  #answer(alg: JwsAlgorithm, kid: string | undefined): KeyCandidates {
    const found = this.#isUsable() ? selectKeys(this.#set.keys, alg, kid) : []
    if (found.length === 0 && (!this.#isUsable() || this.#failures > 0)) return this.#deny()
    if (found.length === 0 && this.#isCool() && !knowsKid(this.#set.keys, kid)) this.#set.unknown.note(kid)
    return { ok: true, value: found }
  }

  #deny(): KeyCandidates {
    const waitMs = Math.max(this.#nextAt - this.#now(), 0)
    return deny(
      'keys.unavailable',
      { authServer: this.#authServer, reason: this.#lastFailure ?? 'closed' },
      { retryAfterSeconds: Math.max(Math.ceil(waitMs / 1000), 1) },
    )
  }

  /** Starts a fetch because of a token, unless one did so within the cool-down, or one is in flight. */
  #triggerFetch(): void {
    if (this.#inFlight !== undefined || this.#isCool()) return
    this.#triggeredAt = this.#now()
    this.#set.unknown.clear()
    // Not conditional: a server with a wrong 304 must not hide a key that tokens name already.
    const reuseWithinMs = this.#origin.jwks.cooldownMs
    this.#startFetch({ isConditional: false, reuseWithinMs, laterThan: this.#outcomeAt })
  }

  /** Starts a planned fetch whose timer is late, as after a machine's sleep. */
  #catchUp(): void {
    if (this.#inFlight === undefined && this.#now() >= this.#nextAt) this.#startFetch(this.#planned())
  }

  #planned(): FetchPlan {
    return { isConditional: true, reuseWithinMs: this.#pauseMs / 2, laterThan: this.#outcomeAt }
  }

  #startFetch(plan: FetchPlan): void {
    if (this.#closing.signal.aborted) return
    this.#cancelTimer()
    this.#attemptedAt = this.#parts.clock.now()
    this.#inFlight = this.#fetch(plan)
  }

  /** Never rejects: whatever goes wrong is a failure that is noted, and tried again later. */
  async #fetch(plan: FetchPlan): Promise<void> {
    let failure: string | undefined
    const startedAt = this.#now()
    let atMs = startedAt
    try {
      const outcome = await this.#fetchDocument(plan)
      atMs = outcome.atMs
      const { document } = outcome
      if (!this.#closing.signal.aborted) failure = document.ok ? this.#takeOver(document) : document.reason
    } catch (err) {
      failure = 'defect'
      this.#parts.logger.error({ authServer: this.#authServer, err }, 'fetching the keys of an auth server is broken')
    }
    // Before the next one is planned, so that its timer never finds this one still in flight.
    this.#inFlight = undefined
    if (this.#closing.signal.aborted) return
    this.#outcomeAt = atMs
    // What somebody else fetched before spares us a fetch, but not the wait for the next one.
    if (atMs < startedAt) this.#triggeredAt = Math.min(this.#triggeredAt, atMs)
    if (failure === undefined) this.#noteSuccess(atMs)
    else this.#noteFailure(failure)
    if (this.#isSettled()) this.#settled.resolve()
  }

  /** Makes a fetched document the set in force; returns a few words where it has no usable key. */
  #takeOver(document: FetchedDocument & { readonly ok: true }): string | undefined {
    const failure = this.#set.take(document.body)
    if (failure !== undefined) return failure
    this.#ageMs = ageOf(document.fields, this.#origin.jwks, this.#parts.clock.now())
    this.#fetches[document.status === 304 ? 'unchanged' : 'fetched'] += 1
    return undefined
  }

  /** Takes the kept set over, unless the issuer was quicker. It is as old as it is: `max_stale` counts on from its fetch. */
  async #restore(copy: CopyKeeper): Promise<void> {
    const kept = await copy.restore(this.#origin.jwks)
    this.#restoring = undefined
    if (kept !== undefined && this.#succeededAt === undefined && !this.#closing.signal.aborted) this.#takeKept(kept)
    if (this.#isSettled()) this.#settled.resolve()
  }

  #takeKept({ bytes, ageMs, spentMs, fetchedAtMs, firstSeen }: RestoredCopy): void {
    // It was imported before, but by the rules of that day.
    if (this.#set.take(bytes) !== undefined) return
    this.#ageMs = ageMs
    this.#succeededAt = this.#now() - spentMs
    this.#fetchedAt = fetchedAtMs
    this.#isRestored = true
    this.#set.observatory.note(this.#set.keys, firstSeen)
    this.#parts.logger.info(
      { authServer: this.#authServer, keys: this.#set.keys.length, ageSeconds: Math.round(spentMs / 1000) },
      'the keys of an auth server were taken from disk',
    )
  }

  #noteSuccess(atMs: number): void {
    const { clock, logger, random } = this.#parts
    if (this.#failures > 0)
      logger.info(
        { authServer: this.#authServer, failures: this.#failures },
        'the keys of an auth server can be fetched again',
      )
    this.#failures = 0
    this.#lastFailure = undefined
    this.#succeededAt = atMs
    this.#fetchedAt = clock.now() - (this.#now() - atMs)
    this.#isRestored = false
    this.#set.observatory.note(this.#set.keys)
    this.#keepCopy(this.#fetchedAt)
    this.#plan(Math.max(pauseAfterSuccess(this.#ageMs, random) - (this.#now() - atMs), 0))
  }

  #keepCopy(fetchedAtMs: number): void {
    const body = Buffer.from(this.#set.body ?? []).toString('utf8')
    this.#copy?.keep({ fetchedAtMs, ageMs: this.#ageMs, body, firstSeen: this.#set.observatory.firstSeen() })
  }

  #noteFailure(reason: string): void {
    this.#failures += 1
    this.#fetches.failed += 1
    this.#lastFailure = reason
    const pauseMs = pauseAfterFailure(this.#failures, this.#parts.random)
    this.#parts.logger.warn(
      {
        authServer: this.#authServer,
        reason,
        keys: this.#isUsable() ? this.#set.keys.length : 0,
        retryInMs: Math.round(pauseMs),
      },
      'the keys of an auth server cannot be fetched',
    )
    this.#plan(pauseMs)
  }

  #plan(pauseMs: number): void {
    this.#pauseMs = pauseMs
    this.#nextAt = this.#now() + pauseMs
    this.#cancelTimer = this.#parts.schedule(pauseMs, () => {
      if (this.#inFlight === undefined) this.#startFetch(this.#planned())
    })
  }
}
