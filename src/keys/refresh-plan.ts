import type { JwksSettings } from '../settings/model.ts'

/** First pause after a failure; it doubles with each further one. */
const FIRST_PAUSE_MS = 1_000
/** Longest pause: an issuer that is back is noticed within about a minute. */
const LONGEST_PAUSE_MS = 60_000

/**
 * Tells for how long a fetched set counts as fresh, in milliseconds: what `Cache-Control` says, else `Expires` (RFC 9111
 * sections 5.2.2 and 5.3), less `Age`, within `min_age` and `max_age`; `max_age` where they say nothing. `nowMs` (since the
 * epoch) stands in for a missing `Date`.
 */
export function ageOf(
  fields: ReadonlyMap<string, string>,
  limits: Pick<JwksSettings, 'minAgeMs' | 'maxAgeMs'>,
  nowMs: number,
): number {
  const said = lifetimeOf(fields.get('cache-control') ?? '') ?? secondsToExpiry(fields, nowMs)
  if (said === undefined) return limits.maxAgeMs
  const spent = Number(fields.get('age') ?? 0)
  const left = (said - (Number.isFinite(spent) ? spent : 0)) * 1000
  return Math.max(limits.minAgeMs, Math.min(limits.maxAgeMs, left))
}

/** Chooses when to fetch again after a success: at 50 to 80 % of the age, so that many gateways do not come at once. */
export function pauseAfterSuccess(ageMs: number, random: () => number): number {
  return ageMs * (0.5 + 0.3 * random())
}

/** Chooses when to try again after `failures` failures in a row (at least 1): exponential, with 25 % of jitter. */
export function pauseAfterFailure(failures: number, random: () => number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)
  return pause * (1 + 0.25 * random())
}

/** Reads the seconds of freshness out of `Cache-Control`; undefined where it says nothing that can be read. */
function lifetimeOf(cacheControl: string): number | undefined {
  let seconds: number | undefined
  for (const directive of cacheControl.toLowerCase().split(',')) {
    const [name = '', value = ''] = directive.split('=', 2).map(part => part.trim())
    if (name === 'no-store' || name === 'no-cache') return 0
    const digits = value.replace(/^"(.*)"$/, '$1')
    if (name === 'max-age' && /^\d{1,15}$/.test(digits))
      seconds = Math.min(seconds ?? Number.POSITIVE_INFINITY, Number(digits))
  }
  return seconds
}

/** Reads the seconds from `Date` to `Expires`; an `Expires` that is no date, such as `0`, has passed already. */
function secondsToExpiry(fields: ReadonlyMap<string, string>, nowMs: number): number | undefined {
  const expires = fields.get('expires')
  if (expires === undefined) return undefined
  const until = Date.parse(expires)
  if (!/[A-Za-z]/.test(expires) || Number.isNaN(until)) return 0
  const sentAt = Date.parse(fields.get('date') ?? '')
  return Math.max((until - (Number.isNaN(sentAt) ? nowMs : sentAt)) / 1000, 0)
}
