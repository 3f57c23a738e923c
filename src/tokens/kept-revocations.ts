/**
 * The deny list that operators change over the admin API, kept under `state_dir`. What is added counts at once and before it is on disk;
 * what is taken out counts until the disk knows. So a disk that fails can leave something revoked that need not be, never the other
 * way round. Whoever asked is told only when it is on disk. It outlives snapshots, and entries hold their issuer:
 * an auth server that is renamed frees nobody.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../clock/clock.ts'
import { formatTime, parseTime } from '../clock/rfc3339.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { RevocationSettings } from '../settings/revocation-settings.ts'
import type { Store } from '../state/store.ts'
import type { JsonObject, JsonValue } from './jwt.ts'
import { hasFewClaims, parseEntries, parseRevocation, writeRevocation } from './revocation-entry.ts'
import { endOf, RevocationIndex } from './revocation-index.ts'
import type { RevocationList } from './revocations.ts'

/** One entry with what it is bound to. */
export interface KeptRevocation extends RevocationSettings {
  /** Made of issuer and tokens: adding the same again is no second entry. */
  readonly id: string
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly addedMs: number
}

export type AddFailure = 'too many' | 'too many claims' | 'not kept'

export interface KeptRevocations extends RevocationList {
  list(): readonly KeptRevocation[]
  /** Adds an entry, or gives one that is there another `until`. After `not kept` it counts all the same, until the end of the process. */
  add(
    issuer: string,
    entry: RevocationSettings,
  ): Promise<Result<{ readonly entry: KeptRevocation; readonly isNew: boolean }, AddFailure>>
  /** Takes an entry out; undefined: there is none. After `not kept` it still counts. */
  remove(id: string): Promise<Removal>
}

/** What was taken out; undefined: it was not there. */
export type Removal = Result<KeptRevocation | undefined, 'not kept'>

/** Name of the file under `state_dir`. */
export const REVOCATIONS_FILE = 'revocations.json'
/** Most entries that are kept. */
export const MOST_KEPT_ENTRIES = 10_000

export interface KeptRevocationsParts {
  readonly clock: Pick<Clock, 'now'>
  readonly store: Store
}

/** Reads the list. The error is a sentence for the operator: without its list a gateway would let in whom it must not. */
export async function openKeptRevocations(parts: KeptRevocationsParts): Promise<Result<KeptRevocations, string>> {
  const read = await parts.store.read(REVOCATIONS_FILE)
  if (!read.ok) return { ok: false, error: read.error.message }
  if (read.value === undefined) return ok(createKeptRevocations([], parts))
  const entries = parseKept(read.value)
  if (!entries.ok) return { ok: false, error: `\`${REVOCATIONS_FILE}\` in \`state_dir\` is damaged: ${entries.error}` }
  return ok(createKeptRevocations(entries.value, parts))
}

/** Creates a list that begins with these entries. */
export function createKeptRevocations(
  entries: readonly KeptRevocation[],
  parts: KeptRevocationsParts,
): KeptRevocations {
  return new StoredRevocations(entries, parts)
}

class StoredRevocations implements KeptRevocations {
  readonly isKnown = true
  generation = 0
  readonly #parts: KeptRevocationsParts
  readonly #entries: Map<string, KeptRevocation>
  /** On their way out: on the next copy on disk they are gone. */
  readonly #leaving = new Map<string, Promise<Removal>>()
  #index: RevocationIndex
  #writing: Promise<boolean> | undefined
  #nextWrite: Promise<boolean> | undefined

  constructor(entries: readonly KeptRevocation[], parts: KeptRevocationsParts) {
    this.#parts = parts
    this.#entries = new Map(entries.map(entry => [entry.id, entry]))
    this.#index = this.#layOut()
  }

  isRevoked(issuer: string, claims: JsonObject): boolean {
    return this.#entries.size > 0 && this.#index.isRevoked(issuer, claims)
  }

  list(): readonly KeptRevocation[] {
    this.#dropEnded()
    return [...this.#entries.values()]
  }

  async add(
    issuer: string,
    entry: RevocationSettings,
  ): Promise<Result<{ readonly entry: KeptRevocation; readonly isNew: boolean }, AddFailure>> {
    this.#dropEnded()
    const id = idOf(issuer, entry)
    const before = this.#entries.get(id)
    if (before === undefined && this.#entries.size >= MOST_KEPT_ENTRIES) return { ok: false, error: 'too many' }
    if (!hasFewClaims([...this.#entries.values(), entry])) return { ok: false, error: 'too many claims' }
    const kept: KeptRevocation = { ...entry, id, issuer, addedMs: before?.addedMs ?? this.#parts.clock.now() }
    this.#leaving.delete(id)
    this.#entries.set(id, kept)
    if (before === undefined) this.#index.add(issuer, entry.tokens, entry.untilMs)
    else this.#index = this.#layOut()
    this.generation += 1
    return (await this.#keep()) ? ok({ entry: kept, isNew: before === undefined }) : { ok: false, error: 'not kept' }
  }

  remove(id: string): Promise<Removal> {
    this.#dropEnded()
    const entry = this.#entries.get(id)
    if (entry === undefined) return Promise.resolve(ok(undefined))
    const underWay = this.#leaving.get(id)
    if (underWay !== undefined) return underWay
    const removal: Promise<Removal> = Promise.resolve()
      .then(() => this.#keep())
      .then(isKept => this.#conclude(entry, removal, isKept))
    this.#leaving.set(id, removal)
    return removal
  }

  #conclude(entry: KeptRevocation, removal: Promise<Removal>, isKept: boolean): Removal {
    // Where it was added again meanwhile it stays.
    if (this.#leaving.get(entry.id) !== removal) return ok(entry)
    this.#leaving.delete(entry.id)
    if (!isKept) return { ok: false, error: 'not kept' }
    this.#entries.delete(entry.id)
    this.#index = this.#layOut()
    this.generation += 1
    return ok(entry)
  }

  /** Resolves with whether everything as it is now is on disk. Calls that come while a write is under way share the next one. */
  #keep(): Promise<boolean> {
    if (this.#nextWrite !== undefined) return this.#nextWrite
    if (this.#writing === undefined) return this.#write()
    this.#nextWrite = this.#writing.then(() => {
      this.#nextWrite = undefined
      return this.#write()
    })
    return this.#nextWrite
  }

  #write(): Promise<boolean> {
    const entries = [...this.#entries.values()].filter(({ id }) => !this.#leaving.has(id))
    const writing = this.#parts.store.write(REVOCATIONS_FILE, writeKept(entries)).then(({ ok: isKept }) => {
      if (this.#writing === writing) this.#writing = undefined
      return isKept
    })
    this.#writing = writing
    return writing
  }

  #dropEnded(): void {
    const now = this.#parts.clock.now()
    const before = this.#entries.size
    for (const { id, tokens, untilMs } of this.#entries.values())
      if (endOf(tokens, untilMs) <= now) this.#entries.delete(id)
    if (this.#entries.size < before) this.#index = this.#layOut()
  }

  #layOut(): RevocationIndex {
    const index = new RevocationIndex(this.#parts.clock)
    for (const { issuer, tokens, untilMs } of this.#entries.values()) index.add(issuer, tokens, untilMs)
    return index
  }
}

function idOf(issuer: string, { tokens }: RevocationSettings): string {
  const what = tokens.kind === 'jti' ? [tokens.jti] : [tokens.claim, tokens.value, tokens.beforeMs]
  return createHash('sha256')
    .update(JSON.stringify([issuer, ...what]))
    .digest('hex')
    .slice(0, 32)
}

function writeKept(entries: readonly KeptRevocation[]): string {
  const lines = entries.map(({ issuer, addedMs, ...entry }) =>
    JSON.stringify({ issuer, added: formatTime(addedMs), ...writeRevocation(entry) }),
  )
  return `{"revocations":[\n${lines.join(',\n')}\n]}\n`
}

function parseKept(bytes: Uint8Array): Result<readonly KeptRevocation[], string> {
  const written = parseEntries(bytes, MOST_KEPT_ENTRIES)
  if (!written.ok) return written
  const entries: KeptRevocation[] = []
  for (const [index, value] of written.value.entries()) {
    const entry = parseKeptEntry(value)
    if (!entry.ok) return { ok: false, error: `entry ${index + 1}: ${entry.error}` }
    entries.push(entry.value)
  }
  return hasFewClaims(entries) ? ok(entries) : { ok: false, error: 'too many different claims' }
}

function parseKeptEntry(value: JsonValue): Result<KeptRevocation, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return parseNothing()
  const { issuer, added, ...rest } = value as JsonObject
  const addedMs = typeof added === 'string' ? parseTime(added) : undefined
  if (typeof issuer !== 'string' || issuer === '' || addedMs === undefined) return parseNothing()
  const entry = parseRevocation(rest)
  return entry.ok ? ok({ ...entry.value, id: idOf(issuer, entry.value), issuer, addedMs }) : entry
}

function parseNothing(): Result<never, string> {
  return { ok: false, error: 'it is not bound to an issuer' }
}
