/**
 * Tokens that only their auth server can read, asked for one by one (RFC 7662). One introspector is one auth server with one set of
 * settings: other settings are another one, with an empty cache. It knows no rule and no application; what an endpoint says of a token
 * is a set of claims, and each rule judges those by itself. An endpoint that fails is our outage, never the caller's 401.
 * `policies` asks, `snapshot` borrows.
 */
import type { Clock } from '../clock/clock.ts'
import { createSlots } from '../credentials/slots.ts'
import { type Denial, deny, ok, type Result } from '../errors/denial.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { Logger } from '../log/logger.ts'
import type { FetchLimits } from '../outbound/fetch-document.ts'
import type { FormPoster } from '../outbound/post-form.ts'
import type { RemoteIntrospectionSettings } from '../settings/introspection-settings.ts'
import type { AuthServerSettings } from '../settings/model.ts'
import type { IntrospectedToken } from '../tokens/accepted-token.ts'
import { judgeTime } from '../tokens/times.ts'
import { type AssertionKey, type AuthenticateClient, createClientAuthentication } from './client-authentication.ts'
import { EndpointGuard } from './endpoint-guard.ts'
import { type IntrospectionAnswer, readAnswer } from './introspection-answer.ts'
import { IntrospectionCache } from './introspection-cache.ts'
import { type ClaimRules, toIntrospectedToken } from './judge-claims.ts'
import { createSignedAnswerReader, SIGNED_ANSWER, type SignedAnswerReader } from './signed-answer.ts'

/** How an endpoint is doing. */
export interface IntrospectionStatus {
  /** `unknown` until the first answer; `shut` while only probes reach it. */
  readonly state: 'unknown' | 'ok' | 'failing' | 'shut'
  readonly requests: { readonly active: number; readonly inactive: number; readonly failed: number }
  readonly cacheHits: number
  readonly cached: number
  /** Milliseconds since the epoch. */
  readonly lastSuccessAt: number | undefined
  /** A few words; undefined while the last call went well. */
  readonly lastFailure: string | undefined
}

export interface Introspector {
  readonly authServer: string
  /** Answers from what is known; undefined where the endpoint has to be asked. `nowMs` is in milliseconds since the epoch. */
  known(digest: string, nowMs: number): Result<IntrospectedToken> | undefined
  /** Asks the endpoint; calls for one token are one call. Never rejects. */
  ask(compact: string, digest: string): Promise<Result<IntrospectedToken>>
  status(): IntrospectionStatus
  close(): Promise<void>
}

export interface IntrospectorParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly poster: FormPoster
  /** Keys of the auth server, for signed answers. */
  readonly keys: KeySource
  /** For `private_key_jwt`. */
  readonly assertionKey?: AssertionKey | undefined
}

/** Questions to one endpoint at a time. */
export const MAX_IN_FLIGHT = 64
/** Tokens that wait for their question to be asked. */
const MAX_WAITING = 1_000
/** Least time between two lines of the log about failures of one endpoint. */
const LOG_PAUSE_MS = 1_000

/** Answers that can be about the one token that was asked for. */
const TOKENS_OWN_FAULTS: ReadonlySet<string> = new Set([
  'status 400',
  'status 413',
  'status 414',
  'status 422',
  'status 431',
])

/** What an introspector needs of its auth server. */
export type IntrospectedAuthServer = Pick<AuthServerSettings, 'name' | 'issuer' | 'algorithms' | 'clockSkewSeconds'>

/** Creates the introspector of an auth server. It asks nothing by itself. */
export function createIntrospector(
  server: IntrospectedAuthServer,
  settings: RemoteIntrospectionSettings,
  parts: IntrospectorParts,
): Introspector {
  return new CachingIntrospector(server, settings, parts)
}

class CachingIntrospector implements Introspector {
  readonly authServer: string
  readonly #settings: RemoteIntrospectionSettings
  readonly #parts: IntrospectorParts
  readonly #claimRules: ClaimRules
  readonly #authenticate: AuthenticateClient
  readonly #signed: { readonly reader: SignedAnswerReader; readonly isRequired: boolean }
  readonly #cache: IntrospectionCache
  readonly #guard: EndpointGuard
  readonly #slots = createSlots(MAX_IN_FLIGHT, MAX_WAITING)
  readonly #flights = new Map<string, Promise<Result<IntrospectedToken>>>()
  readonly #closing = new AbortController()
  readonly #requests = { active: 0, inactive: 0, failed: 0 }
  #cacheHits = 0
  #lastSuccessAt: number | undefined
  #lastFailure: string | undefined
  #failuresUntold = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(server: IntrospectedAuthServer, settings: RemoteIntrospectionSettings, parts: IntrospectorParts) {
    const { clock, keys, assertionKey } = parts
    const { name, issuer, algorithms, clockSkewSeconds } = server
    this.authServer = name
    this.#settings = settings
    this.#parts = parts
    this.#claimRules = { authServer: name, issuer, clockSkewSeconds }
    this.#authenticate = createClientAuthentication(settings.client, {
      clock,
      assertionKey,
      audience: issuer ?? settings.endpoint,
    })
    const rules = {
      issuer,
      clockSkewSeconds,
      keys,
      clientId: settings.client.kind === 'none' ? undefined : settings.client.clientId,
      algorithms: algorithms === undefined ? undefined : new Set(algorithms),
      maxBytes: settings.maxBytes,
    }
    this.#signed = {
      reader: createSignedAnswerReader(rules, clock),
      isRequired: settings.signedAnswers === 'required',
    }
    this.#cache = new IntrospectionCache(clock, settings)
    this.#guard = new EndpointGuard(clock)
  }

  known(digest: string, nowMs: number): Result<IntrospectedToken> | undefined {
    const found = this.#cache.find(digest)
    if (found === undefined) return undefined
    this.#cacheHits += 1
    if (!found.ok) return found
    const outside = judgeTime(found.value, nowMs)
    if (outside === undefined) return found
    if (outside.error.code === 'token.expired') this.#cache.forget(digest)
    return outside
  }

  ask(compact: string, digest: string): Promise<Result<IntrospectedToken>> {
    const underWay = this.#flights.get(digest)
    if (underWay !== undefined) return underWay
    const askedAt = this.#parts.clock.monotonic()
    const started = this.#slots.run(() => this.#askInTurn(compact, digest, askedAt))
    if (started === undefined) return Promise.resolve(this.#unavailable('too many at once', LOG_PAUSE_MS))
    const flight = started.finally(() => this.#flights.delete(digest))
    this.#flights.set(digest, flight)
    return flight
  }

  status(): IntrospectionStatus {
    const failing = this.#guard.isShut ? 'shut' : 'failing'
    const state = this.#lastFailure !== undefined ? failing : this.#lastSuccessAt === undefined ? 'unknown' : 'ok'
    return {
      state,
      requests: { ...this.#requests },
      cacheHits: this.#cacheHits,
      cached: this.#cache.size,
      lastSuccessAt: this.#lastSuccessAt,
      lastFailure: this.#lastFailure,
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#flights.values())
    await this.#parts.poster.close()
  }

  /** Whoever waited for as long as a question may take waits for no answer besides: behind a slow endpoint a queue is a trap. */
  #askInTurn(compact: string, digest: string, askedAt: number): Promise<Result<IntrospectedToken>> {
    const waitedMs = this.#parts.clock.monotonic() - askedAt
    if (waitedMs <= this.#settings.timeoutMs) return this.#askNow(compact, digest)
    return Promise.resolve(this.#unavailable('too many at once', LOG_PAUSE_MS))
  }

  /** Never rejects: a defect is a failure, too, and refuses. */
  async #askNow(compact: string, digest: string): Promise<Result<IntrospectedToken>> {
    const waitMs = this.#guard.admit()
    if (waitMs !== undefined) return this.#unavailable(this.#lastFailure ?? 'failing', waitMs)
    let answer: IntrospectionAnswer
    try {
      answer = await this.#question(compact)
    } catch (err) {
      this.#parts.logger.error({ authServer: this.authServer, err }, 'introspection is broken: this is a defect')
      answer = { kind: 'failed', reason: 'defect', isOurs: true }
    }
    this.#requests[answer.kind] += 1
    if (answer.kind === 'failed') return this.#noteFailure(answer)
    this.#noteSuccess()
    return this.#conclude(answer, digest)
  }

  async #question(compact: string): Promise<IntrospectionAnswer> {
    const form = new URLSearchParams({ token: compact, token_type_hint: 'access_token' })
    const fields = await this.#authenticate(form)
    const posted = { body: form.toString(), fields }
    const { endpoint } = this.#settings
    const first = await this.#parts.poster.post(endpoint, posted, this.#limits())
    // The server may close a kept connection just as it is used again; the question changes nothing and may be asked once more.
    const document =
      !first.ok && first.reason === 'cut short'
        ? await this.#parts.poster.post(endpoint, posted, this.#limits())
        : first
    if (document.ok) return readAnswer(document, this.#signed)
    const { reason } = document
    return { kind: 'failed', reason, isOurs: reason === 'status 401' || reason === 'status 403' }
  }

  #limits(): FetchLimits {
    const { timeoutMs, maxBytes } = this.#settings
    return {
      timeoutMs,
      maxBytes,
      accept: this.#signed.isRequired ? SIGNED_ANSWER : 'application/json',
      // The settings were checked: http to another machine is there only where the operator allowed it.
      allowHttp: true,
      signal: this.#closing.signal,
    }
  }

  #conclude(answer: IntrospectionAnswer & { kind: 'active' | 'inactive' }, digest: string): Result<IntrospectedToken> {
    const token: Result<IntrospectedToken> =
      answer.kind === 'active'
        ? toIntrospectedToken(answer.claims, this.#claimRules)
        : deny('token.inactive', { authServer: this.authServer })
    const outside = token.ok ? judgeTime(token.value, this.#parts.clock.now()) : token
    if (token.ok && answer.kind === 'active' && outside?.error.code !== 'token.expired')
      this.#cache.keep(digest, answer.bytes, ok(token.value))
    else if (outside !== undefined) this.#cache.keepRefusal(digest, outside.error)
    return outside ?? token
  }

  #noteSuccess(): void {
    if (this.#lastFailure !== undefined) {
      const failures = this.#failuresUntold
      this.#parts.logger.info({ authServer: this.authServer, failures }, 'the introspection endpoint answers again')
    }
    this.#guard.noteSuccess()
    this.#lastSuccessAt = this.#parts.clock.now()
    this.#lastFailure = undefined
    this.#failuresUntold = 0
  }

  #noteFailure({ reason, isOurs }: IntrospectionAnswer & { kind: 'failed' }): ReturnType<typeof deny> {
    if (this.#closing.signal.aborted) return this.#unavailable('closed', LOG_PAUSE_MS)
    this.#lastFailure = reason
    // What one caller's token may have caused says nothing of the endpoint: it must not shut it for everybody.
    if (!TOKENS_OWN_FAULTS.has(reason)) this.#guard.noteFailure()
    this.#failuresUntold += 1
    const now = this.#parts.clock.monotonic()
    if (now - this.#toldAt >= LOG_PAUSE_MS) {
      this.#toldAt = now
      const facts = { authServer: this.authServer, reason, failures: this.#failuresUntold }
      const text = 'the introspection endpoint gives no usable answer: its tokens get 503'
      if (isOurs) this.#parts.logger.error(facts, text)
      else this.#parts.logger.warn(facts, text)
    }
    return this.#unavailable(reason, LOG_PAUSE_MS)
  }

  #unavailable(reason: string, waitMs: number): { readonly ok: false; readonly error: Denial } {
    const retryAfterSeconds = Math.max(Math.ceil(waitMs / 1000), 1)
    return deny('introspection.unavailable', { authServer: this.authServer, reason }, { retryAfterSeconds })
  }
}
