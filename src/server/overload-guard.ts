/**
 * Looks after the process: how late the event loop is, how full the memory. While either is beyond its limit for more than a moment, new
 * requests are refused before their body is read and before any policy works for them; those under way go on, and the admin listener
 * never asks here. `gateway` makes one; `serve-exchange.ts` asks it once for each request, which costs reading one field.
 */
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { Denial } from '../errors/denial.ts'
import type { Logger } from '../log/logger.ts'
import type { LimitsSettings } from '../settings/model.ts'
import { type DelayFigures, RecentDelays } from './recent-delays.ts'
import { SustainedExcess } from './sustained-excess.ts'

/** What memory there is, and how much of it is used, in bytes. */
export interface MemoryUse {
  readonly heapBytes: number
  readonly heapLimitBytes: number
  readonly residentBytes: number
  /** What the container allows the process; undefined where nothing is limited. */
  readonly residentLimitBytes: number | undefined
}

/** What may be short, as the log, the metrics and the facts of a refusal name it. */
export type GuardName = 'event_loop_delay' | 'memory'

export interface OverloadGuardParts {
  readonly clock: Clock
  readonly schedule: Schedule
  readonly logger: Logger
  readonly limits: LimitsSettings
  readonly memory: () => MemoryUse
  /** Looking failed: a defect of ours. It is tried again. */
  onDefect(error: unknown): void
}

/** How often the event loop is looked at. A busy loop is late for it. */
export const LOOK_EVERY_MS = 100
/** How often memory is looked at. */
export const MEMORY_EVERY_MS = 500
/** Looks in a row that make an excess one that lasts: one stall, such as a reload, is one look. */
export const LATE_LOOKS = 3
/** Looks in a row, each below half the limit, after which requests are served again: a second. */
export const PUNCTUAL_LOOKS = 10
/** Looks at memory in a row that raise the guard, and that let it down. */
export const FULL_LOOKS = 2
/**
 * Looks at memory after which requests are let in all the same, ten seconds: garbage is collected while there is work, so that a process
 * without any would stay as large as it was. Where memory is really short the guard is up again a second later.
 */
export const LONGEST_FULL_LOOKS = 20
/** How far below its limit memory must be before requests are served again, in percent of the whole. */
export const MEMORY_SLACK_PERCENT = 2
/** Looks that the figures are made from: half a minute. */
const KEPT_LOOKS = 300

/** The guard of one gateway. */
export class OverloadGuard {
  /** Requests that were refused, by what was short. */
  readonly refused: Record<GuardName, number> = { event_loop_delay: 0, memory: 0 }
  readonly #parts: OverloadGuardParts
  readonly #delays = new RecentDelays(KEPT_LOOKS)
  readonly #late = new SustainedExcess(LATE_LOOKS, PUNCTUAL_LOOKS)
  readonly #full = new SustainedExcess(FULL_LOOKS, FULL_LOOKS, LONGEST_FULL_LOOKS)
  #limits: LimitsSettings
  #guard: GuardName | undefined
  #denial: Denial | undefined
  #dueAt: number
  #memoryAt: number
  #cancel: () => void = () => {}

  /** Begins to look; it goes on until `close`. */
  constructor(parts: OverloadGuardParts) {
    this.#parts = parts
    this.#limits = parts.limits
    this.#dueAt = parts.clock.monotonic()
    this.#memoryAt = this.#dueAt
    this.#plan()
  }

  /** Takes over other limits; what they mean shows at the next looks. */
  update(limits: LimitsSettings): void {
    this.#limits = limits
  }

  /** What is short at the moment; undefined while nothing is. */
  get guard(): GuardName | undefined {
    return this.#guard
  }

  /** Decides about a new request, and counts it where it is refused; undefined: it may come in. */
  refuse(): Denial | undefined {
    if (this.#guard !== undefined) this.refused[this.#guard] += 1
    return this.#denial
  }

  /** How late the event loop was in the last half minute. */
  delays(): DelayFigures {
    return this.#delays.figures()
  }

  close(): void {
    this.#cancel()
  }

  #plan(): void {
    this.#dueAt = this.#parts.clock.monotonic() + LOOK_EVERY_MS
    this.#cancel = this.#parts.schedule(LOOK_EVERY_MS, () => this.#look())
  }

  #look(): void {
    const now = this.#parts.clock.monotonic()
    const lateMs = Math.max(0, now - this.#dueAt)
    this.#plan()
    try {
      this.#judgeDelay(lateMs)
      if (now - this.#memoryAt >= MEMORY_EVERY_MS) {
        this.#memoryAt = now
        this.#judgeMemory(this.#parts.memory())
      }
    } catch (error) {
      this.#parts.onDefect(error)
    }
  }

  #judgeDelay(lateMs: number): void {
    const limit = this.#limits.maxEventLoopDelayMs
    this.#delays.add(lateMs)
    if (this.#late.observe(lateMs, limit, limit / 2)) {
      const facts = { guard: 'event_loop_delay', value: Math.round(lateMs), limit, unit: 'ms' }
      this.#tell(this.#late.isUp, facts, 'the event loop is late')
    }
  }

  #judgeMemory(memory: MemoryUse): void {
    const limit = this.#limits.maxMemoryUse
    const { percent, of, bytes } = fullest(memory)
    if (this.#full.observe(percent, limit, limit - MEMORY_SLACK_PERCENT)) {
      const facts = { guard: 'memory', value: Math.round(percent), limit, unit: '%', of, bytes }
      this.#tell(this.#full.isUp, facts, 'memory is short')
    }
  }

  #tell(isUp: boolean, facts: Readonly<Record<string, string | number>>, why: string): void {
    const { logger } = this.#parts
    this.#guard = this.#full.isUp ? 'memory' : this.#late.isUp ? 'event_loop_delay' : undefined
    this.#denial = this.#guard === undefined ? undefined : refusalOf(this.#guard)
    if (isUp) logger.warn(facts, `requests are refused: ${why}`)
    else if (this.#guard === undefined)
      logger.info({ ...facts, refused: { ...this.refused } }, 'requests are served again')
    else logger.info(facts, `no more: ${why}`)
  }
}

function refusalOf(guard: GuardName): Denial {
  return Object.freeze({ code: 'gateway.overloaded', facts: Object.freeze({ reason: guard }) })
}

/** Whichever is nearer to its limit: V8's heap, or the process in its container. */
function fullest(memory: MemoryUse): { readonly percent: number; readonly of: string; readonly bytes: number } {
  const heap = (memory.heapBytes / memory.heapLimitBytes) * 100
  const resident =
    memory.residentLimitBytes === undefined ? 0 : (memory.residentBytes / memory.residentLimitBytes) * 100
  return resident > heap
    ? { percent: resident, of: 'container', bytes: memory.residentBytes }
    : { percent: heap, of: 'heap', bytes: memory.heapBytes }
}
