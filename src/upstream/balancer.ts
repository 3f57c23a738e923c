/** How requests are shared among the targets of one upstream (`balance`). One balancer for each API and snapshot. */
import type { Exchange } from '../exchange/exchange.ts'
import type { HttpUpstreamSettings } from '../settings/upstream-settings.ts'
import { createConsistentHash } from './consistent-hash.ts'
import { createLeastRequests } from './least-requests.ts'
import type { Place, PlaceState } from './place.ts'
import { createRoundRobin } from './round-robin.ts'

/** What a balancer asks about the targets. */
export interface Standing {
  /** True while every target is in service with its full share: nothing else needs to be asked. */
  readonly isCalm: boolean
  /** Whether requests may go there: it is in service, or none is and all are used anyway. */
  isUsable(state: PlaceState): boolean
  /** Its share of a target that was never out, from 0 to 1; 1 while none is in service. */
  shareOf(state: PlaceState): number
}

export interface Balancer {
  /**
   * Chooses where a request goes.
   *
   * @param except a target that just failed: chosen again only where no other can be.
   */
  choose(exchange: Exchange, except?: Place): Place
}

/** Creates the balancer that settings ask for. `places` has at least one. */
export function createBalancer(
  { balance, hashOn }: Pick<HttpUpstreamSettings, 'balance' | 'hashOn'>,
  places: readonly Place[],
  standing: Standing,
): Balancer {
  const [only] = places
  if (only === undefined) throw new TypeError('an upstream has at least one target')
  if (places.length === 1) return { choose: () => only }
  switch (balance) {
    case 'round_robin':
      return createRoundRobin(places, standing)
    case 'least_requests':
      return createLeastRequests(places, standing)
    case 'consistent_hash':
      return createConsistentHash(hashOn, places, standing)
  }
}
