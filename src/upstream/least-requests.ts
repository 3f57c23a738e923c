import type { Exchange } from '../exchange/exchange.ts'
import type { Balancer, Standing } from './balancer.ts'
import type { Place } from './place.ts'

/**
 * Creates the balancer that chooses the target with the fewest calls under way, those with equally few in turn. Every target is looked
 * at: one process sees all of its own calls, and lists are short. One that is coming back counts its calls as more than they are.
 */
export function createLeastRequests(places: readonly Place[], standing: Standing): Balancer {
  const count = places.length
  let turn = 0
  let turnAgain = 0
  const after = (at: number): number => (at + 1 < count ? at + 1 : 0)
  return {
    choose(_exchange: Exchange, except?: Place): Place {
      const { isCalm } = standing
      let best = -1
      let least = Number.POSITIVE_INFINITY
      let fallback: Place | undefined
      for (let i = 0, at = except === undefined ? turn : turnAgain; i < count; i++, at = after(at)) {
        const place = places[at] as Place
        if (place === except) continue
        const { state } = place
        let load = state.inFlight
        if (!isCalm) {
          if (!standing.isUsable(state)) continue
          fallback ??= place
          const share = standing.shareOf(state)
          load = load === 0 ? 0 : load / share
          if (load >= least || !state.takesTurn(share)) continue
        }
        if (load < least) {
          least = load
          best = at
        }
      }
      if (best < 0) return fallback ?? except ?? (places[turn] as Place)
      // Second attempts have turns of their own: the failed target must not get more than its share for them.
      if (except === undefined) turn = after(best)
      else turnAgain = after(best)
      return places[best] as Place
    },
  }
}
