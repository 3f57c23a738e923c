import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import { siteOf } from '../message/address.ts'
import { createFailureCount } from './failure-count.ts'
import { createSecretDigest } from './same-secret.ts'
import { createSlots, type Slots } from './slots.ts'

/** Attempts that may wait behind one from the same address, once that address is slowed. */
const MAX_WAITING = 4
/** How long a secret that was right passes at once, also from an address that is slowed. */
const SUCCESS_MEMORY_MS = 60_000
const MAX_SUCCESSES = 100

export type Judgement = 'right' | 'wrong' | 'busy'

export interface SlowedJudge {
  /**
   * Judges a presented secret by `isRight`. From an address that has failed too often (of IPv6 its /64) one attempt is judged after the
   * other, delays included, right ones too: else a quick answer would tell them from wrong ones. `busy`: too many wait already.
   *
   * @param presented the whole of what was presented, user name included; it is kept as a keyed hash only
   */
  judge(address: string, presented: string, isRight: () => boolean): Judgement | Promise<Judgement>
}

/** Creates a judge for secrets that are cheap to compare: the price of guessing is time. */
export function createSlowedJudge({ clock, schedule }: { clock: Clock; schedule: Schedule }): SlowedJudge {
  const failures = createFailureCount(clock)
  const digest = createSecretDigest()
  const successes = new LRUCache<string, number>({ max: MAX_SUCCESSES })
  const lanes = new Map<string, Slots>()

  const judgeNow = (site: string, key: string, isRight: () => boolean): Judgement | Promise<Judgement> => {
    if (isRight()) {
      successes.set(key, clock.monotonic() + SUCCESS_MEMORY_MS)
      return 'right'
    }
    const delayMs = failures.add([site])
    return delayMs === 0 ? 'wrong' : new Promise(resolve => void schedule(delayMs, () => resolve('wrong')))
  }

  const judgeInLane = async (site: string, key: string, isRight: () => boolean): Promise<Judgement> => {
    const lane = lanes.get(site) ?? createSlots(1, MAX_WAITING)
    lanes.set(site, lane)
    const judged = lane.run(async () => judgeNow(site, key, isRight))
    if (judged === undefined) return 'busy'
    try {
      return await judged
    } finally {
      if (lane.isIdle()) lanes.delete(site)
    }
  }

  return {
    judge(address, presented, isRight) {
      const site = siteOf(address)
      if (!failures.isSlowed(site)) return judgeNow(site, digest(presented), isRight)
      const key = digest(presented)
      const until = successes.get(key)
      // Judged all the same: what was right a moment ago may have been changed since.
      if (until !== undefined && until > clock.monotonic() && isRight()) return 'right'
      return judgeInLane(site, key, isRight)
    },
  }
}
