import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import { deny, ok, type Result } from '../errors/denial.ts'
import { siteOf } from '../message/address.ts'
import type { UserSettings } from '../settings/model.ts'
import { createFailureCount } from './failure-count.ts'
import { createDecoyHash, matchesPassword, type PasswordHash, parsePasswordHash } from './password-hash.ts'
import { createSecretDigest } from './same-secret.ts'
import { createSlots, type Slots } from './slots.ts'

/** Checks running at a time. Below the four threads that file access and name resolution share with them. */
const MAX_RUNNING = 2
const MAX_WAITING = 14
/** Checks that may wait behind one from the same address, once that address is slowed. */
const MAX_WAITING_IN_LANE = 4
const SUCCESS_MEMORY_MS = 60_000
const MAX_SUCCESSES = 1_000

export interface PasswordCheckerParts {
  readonly users: readonly UserSettings[]
  readonly clock: Clock
  /** Holds back the answers of failed checks. */
  readonly schedule: Schedule
}

export interface PasswordChecker {
  /**
   * Checks a user's password (product.md 4, *Password checks*). A success is remembered for 60 s and then answered at once.
   * Refusals: `credentials.invalid` for a wrong password and for an unknown user alike, `gateway.overloaded` when too many wait.
   *
   * @param address the client's address; failures are slowed by address (of IPv6 by its /64) and by user
   * @returns the user's name
   */
  check(user: string, password: string, address: string): Result<string> | Promise<Result<string>>
}

/** Creates the checker of the configured users. A user whose hash cannot be read never passes. */
export function createPasswordChecker({ users, clock, schedule }: PasswordCheckerParts): PasswordChecker {
  const hashes = readHashes(users)
  const decoys = [...hashes.values()].map(createDecoyHash)
  if (decoys.length === 0) decoys.push(createDecoyHash())
  const digest = createSecretDigest()
  const successes = new LRUCache<string, number>({ max: MAX_SUCCESSES })
  const running = new Map<string, Promise<Result<string>>>()
  const failures = createFailureCount(clock)
  const slots = createSlots(MAX_RUNNING, MAX_WAITING)
  const lanes = new Map<string, Slots>()

  /** Compares; an unknown user costs what a known one costs, the same each time it is tried. */
  const compare = async (user: string, password: string): Promise<boolean> => {
    const hash = hashes.get(user)
    const decoy = decoys[digest(user).charCodeAt(0) % decoys.length] ?? createDecoyHash()
    const matches = await matchesPassword(password, hash ?? decoy)
    return matches && hash !== undefined
  }

  const checkNow = async (user: string, password: string, address: string, key: string): Promise<Result<string>> => {
    const compared = slots.run(() => compare(user, password))
    if (compared === undefined) return overloaded()
    if (await compared) {
      successes.set(key, clock.monotonic() + SUCCESS_MEMORY_MS)
      failures.forget(`user ${user}`)
      return ok(user)
    }
    const delayMs = failures.add([`address ${address}`, `user ${user}`])
    if (delayMs > 0) await new Promise<void>(resolve => void schedule(delayMs, resolve))
    return deny('credentials.invalid', { reason: 'user or password' }, { scheme: 'Basic' })
  }

  /** Once an address has failed too often, its checks run one after the other, delays included. */
  const checkInLane = async (user: string, password: string, address: string, key: string): Promise<Result<string>> => {
    const lane = lanes.get(address) ?? createSlots(1, MAX_WAITING_IN_LANE)
    lanes.set(address, lane)
    const result = lane.run(() => checkNow(user, password, address, key))
    if (result === undefined) return overloaded()
    try {
      return await result
    } finally {
      if (lane.isIdle()) lanes.delete(address)
    }
  }

  const start = (user: string, password: string, address: string, key: string): Promise<Result<string>> =>
    failures.isSlowed(`address ${address}`)
      ? checkInLane(user, password, address, key)
      : checkNow(user, password, address, key)

  return {
    check(user, password, address) {
      const key = digest(`${user.length}:${user}:${password}`)
      const remembered = successes.get(key)
      if (remembered !== undefined && remembered > clock.monotonic()) return ok(user)
      const already = running.get(key)
      if (already !== undefined) return already
      const result = start(user, password, siteOf(address), key).finally(() => running.delete(key))
      running.set(key, result)
      return result
    },
  }
}

function readHashes(users: readonly UserSettings[]): ReadonlyMap<string, PasswordHash> {
  const hashes = new Map<string, PasswordHash>()
  for (const { name, passwordHash } of users) {
    const parsed = parsePasswordHash(passwordHash)
    if (parsed.ok) hashes.set(name, parsed.value)
  }
  return hashes
}

function overloaded(): Result<string> {
  return deny('gateway.overloaded', { reason: 'password checks' })
}
