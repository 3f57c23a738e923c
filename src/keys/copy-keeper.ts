import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../log/logger.ts'
import type { JwksSettings } from '../settings/model.ts'
import type { CopyOwner, KeyCopies, KeyCopy } from './key-copies.ts'

/** A copy from the future by more than this was written before the clock went back: its age cannot be told. */
const MOST_CLOCK_STEP_MS = 5 * 60 * 1000

/** A copy that may serve, and how old it is. */
export interface RestoredCopy extends KeyCopy {
  /** Milliseconds since it was fetched. */
  readonly spentMs: number
  /** Its age cannot be told. */
  readonly isFromFuture: boolean
  /** The body as it was fetched. */
  readonly bytes: Uint8Array
}

/** What the settings of the day say: a copy may have been written under others. */
export type CopyLimits = Pick<JwksSettings, 'maxBytes' | 'maxAgeMs' | 'maxStaleMs'>

/** The copy on disk of one auth server's keys. Trouble with it is logged once each time it begins, and changes nothing else. */
export interface CopyKeeper {
  /** Reads the copy, once, at the start; undefined where there is none that may be used. */
  restore(limits: CopyLimits): Promise<RestoredCopy | undefined>
  /** Writes a copy in the background; of several that wait, only the latest is written. */
  keep(copy: Omit<KeyCopy, 'issuer' | 'source'>): void
  /** Why the latest copy could not be written. */
  readonly failure: string | undefined
  /** Resolves when nothing is being written. */
  done(): Promise<void>
}

/** Creates the keeper of an auth server's copy. */
export function createCopyKeeper(
  owner: CopyOwner,
  parts: { readonly copies: KeyCopies; readonly clock: Clock; readonly logger: Logger },
): CopyKeeper {
  const { copies, clock, logger } = parts
  const { authServer } = owner
  let waiting: Omit<KeyCopy, 'issuer' | 'source'> | undefined
  let writing: Promise<void> | undefined
  let failure: string | undefined

  const note = (outcome: string | undefined): void => {
    if (outcome !== undefined && failure === undefined)
      logger.error({ authServer, reason: outcome }, 'the keys of an auth server cannot be kept on disk')
    if (outcome === undefined && failure !== undefined)
      logger.info({ authServer }, 'the keys of an auth server can be kept on disk again')
    failure = outcome
  }

  const refuse = (reason: string): undefined => {
    logger.warn({ authServer, reason }, 'the keys kept on disk cannot be used')
  }

  const write = async (): Promise<void> => {
    while (waiting !== undefined) {
      const copy = waiting
      waiting = undefined
      const kept = await copies.keep(owner, copy)
      note(kept.ok ? undefined : kept.error)
    }
    writing = undefined
  }

  return {
    get failure() {
      return failure
    },
    async restore(limits) {
      const read = await copies.read(owner)
      if (!read.ok) return refuse(read.error)
      if (read.value === undefined) return undefined
      const restored = measure(read.value, limits, clock.now())
      const reason = whyUnusable(restored, limits)
      return reason === undefined ? restored : refuse(reason)
    },
    keep(copy) {
      if (!copies.mayWrite) return
      waiting = copy
      writing ??= write()
    },
    done: () => writing ?? Promise.resolve(),
  }
}

function measure(copy: KeyCopy, { maxAgeMs }: CopyLimits, nowMs: number): RestoredCopy {
  return {
    ...copy,
    ageMs: Math.min(copy.ageMs, maxAgeMs),
    spentMs: Math.max(nowMs - copy.fetchedAtMs, 0),
    isFromFuture: nowMs < copy.fetchedAtMs - MOST_CLOCK_STEP_MS,
    bytes: Buffer.from(copy.body, 'utf8'),
  }
}

function whyUnusable(
  { ageMs, spentMs, bytes, isFromFuture }: RestoredCopy,
  { maxBytes, maxStaleMs }: CopyLimits,
): string | undefined {
  if (isFromFuture) return 'it is from the future'
  if (spentMs > Math.max(ageMs, maxStaleMs)) return 'it is too old'
  return bytes.length > maxBytes ? 'it is too large' : undefined
}
