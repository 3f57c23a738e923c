/** Targets without connections, for what chooses among them. */
import type { Standing } from '../../src/upstream/balancer.ts'
import { type Place, PlaceState } from '../../src/upstream/place.ts'
import type { UpstreamPool } from '../../src/upstream/pool.ts'

/** Makes places of these URLs. */
export function makePlaces(urls: readonly string[]): readonly Place[] {
  return urls.map(url => ({ state: new PlaceState(url), pool: makeIdlePool(url), prefix: '' }))
}

/** A pool that lets everybody in and never sends anything. */
export function makeIdlePool(origin: string, changes: Partial<UpstreamPool> = {}): UpstreamPool {
  const done = (): Promise<void> => Promise.resolve()
  return {
    origin,
    silenceMs: 1000,
    enter: () => true,
    leave: () => undefined,
    dispatch: () => undefined,
    withdraw: () => undefined,
    close: done,
    destroy: done,
    ...changes,
  }
}

/** A standing that a test sets: shares by URL, 1 where none is set; 0 is out. */
export function makeStanding(shares: Readonly<Record<string, number>> = {}): Standing {
  const shareOf = ({ url }: PlaceState): number => shares[url] ?? 1
  return { isCalm: Object.keys(shares).length === 0, isUsable: state => shareOf(state) > 0, shareOf }
}

/** How often each URL is among those chosen. */
export function countUrls(chosen: readonly Place[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { state } of chosen) counts[state.url] = (counts[state.url] ?? 0) + 1
  return counts
}
