/**
 * What is known of the keys of one auth server over time: since when each is there, when it was last published and last used, and
 * which ones have left lately. It watches; nothing here decides whether a key may be used.
 */
import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../log/logger.ts'
import { identityOf } from './jwks.ts'
import type { DepartedKey, ObservedKey, VerificationKey } from './key-source.ts'

/** How long a key that has left its set is remembered. */
const DEPARTED_FOR_MS = 24 * 60 * 60 * 1000
/** Most keys that are remembered; those that left first are forgotten. */
const MOST_DEPARTED = 256
/** Least time between two warnings about tokens of keys that have left. */
const WARNING_PAUSE_MS = 60_000
/** Keys that one log line names. */
const MOST_NAMED = 16

interface Sighting {
  readonly firstSeenMs: number
  lastSeenMs: number
}

export interface KeyObservatory {
  /** Notes which keys a set has now. `firstSeen` tells, by identity, what an earlier process knew. */
  note(keys: readonly VerificationKey[], firstSeen?: Readonly<Record<string, number>>): void
  /** Notes that a token names a key that is not in the set; warns, now and then, if it has left lately. */
  noteAbsent(kid: string | undefined): void
  list(): readonly ObservedKey[]
  departed(): readonly DepartedKey[]
  /** Tokens since the start that named a key that had left. */
  readonly departedUses: number
  /** By identity (`identityOf`), for the copy on disk. */
  firstSeen(): Readonly<Record<string, number>>
}

/** Creates the observatory of an auth server. All times are of the wall clock, in milliseconds since the epoch. */
export function createKeyObservatory(
  authServer: string,
  parts: { readonly clock: Clock; readonly logger: Logger },
): KeyObservatory {
  return new Observatory(authServer, parts.clock, parts.logger)
}

class Observatory implements KeyObservatory {
  readonly #authServer: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #seen = new Map<VerificationKey, Sighting>()
  #departed: DepartedKey[] = []
  #departedUses = 0
  #warnedAt = Number.NEGATIVE_INFINITY

  constructor(authServer: string, clock: Clock, logger: Logger) {
    this.#authServer = authServer
    this.#clock = clock
    this.#logger = logger
  }

  get departedUses(): number {
    return this.#departedUses
  }

  note(keys: readonly VerificationKey[], firstSeen: Readonly<Record<string, number>> = {}): void {
    const now = this.#clock.now()
    const present = new Set(keys)
    const arrived = keys.filter(key => !this.#seen.has(key))
    const left = [...this.#seen.keys()].filter(key => !present.has(key))
    for (const key of keys) {
      const sighting = this.#seen.get(key)
      if (sighting !== undefined) sighting.lastSeenMs = now
      else this.#seen.set(key, { firstSeenMs: firstSeen[identityOf(key)] ?? now, lastSeenMs: now })
    }
    for (const key of left) this.#seen.delete(key)
    this.#remember(left, now, new Set(keys.map(({ thumbprint }) => thumbprint)))
    if (arrived.length + left.length === 0) return
    this.#logger.info(
      {
        authServer: this.#authServer,
        keys: keys.length,
        added: arrived.length,
        removed: left.length,
        arrived: nameKeys(arrived),
        left: nameKeys(left),
      },
      'the keys of an auth server have changed',
    )
  }

  noteAbsent(kid: string | undefined): void {
    if (kid === undefined || this.#departed.length === 0) return
    const now = this.#clock.now()
    const key = this.departed().find(departed => departed.kid === kid)
    if (key === undefined) return
    this.#departedUses += 1
    if (this.#clock.monotonic() - this.#warnedAt < WARNING_PAUSE_MS) return
    this.#warnedAt = this.#clock.monotonic()
    this.#logger.warn(
      { authServer: this.#authServer, kid: cut(kid), leftSecondsAgo: Math.round((now - key.leftAtMs) / 1000) },
      'tokens still name a key that has left the set of its auth server',
    )
  }

  list(): readonly ObservedKey[] {
    return [...this.#seen].map(([{ kid, thumbprint, algorithms, lastUsedMs }, sighting]) => ({
      kid,
      thumbprint,
      algorithms: [...algorithms],
      lastUsedMs,
      ...sighting,
    }))
  }

  departed(): readonly DepartedKey[] {
    const since = this.#clock.now() - DEPARTED_FOR_MS
    if (this.#departed.some(({ leftAtMs }) => leftAtMs < since))
      this.#departed = this.#departed.filter(({ leftAtMs }) => leftAtMs >= since)
    return this.#departed
  }

  firstSeen(): Readonly<Record<string, number>> {
    const known: Record<string, number> = Object.create(null)
    for (const [key, { firstSeenMs }] of this.#seen) known[identityOf(key)] = firstSeenMs
    return known
  }

  /** A key that is published again under another name, or that came back, has not left. */
  #remember(left: readonly VerificationKey[], now: number, published: ReadonlySet<string>): void {
    const gone = left.map(({ kid, thumbprint, lastUsedMs }) => ({ kid, thumbprint, lastUsedMs, leftAtMs: now }))
    this.#departed = [...this.departed(), ...gone]
      .filter(({ thumbprint }) => !published.has(thumbprint))
      .slice(-MOST_DEPARTED)
  }
}

function nameKeys(keys: readonly VerificationKey[]): readonly string[] {
  return keys.slice(0, MOST_NAMED).map(({ kid, thumbprint }) => cut(kid ?? thumbprint))
}

function cut(text: string): string {
  return text.slice(0, 120)
}
