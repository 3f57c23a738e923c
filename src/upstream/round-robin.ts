import type { Exchange } from '../exchange/exchange.ts'
import type { Balancer, Standing } from './balancer.ts'
import type { Place } from './place.ts'

/**
 * Creates the balancer that gives each target its turn; one that is coming back lets some of its turns pass. Second attempts have turns
 * of their own: they would disturb the order, so that the failed target got more than its share.
 */
export function createRoundRobin(places: readonly Place[], standing: Standing): Balancer {
  const after = (at: number): number => (at + 1 < places.length ? at + 1 : 0)
  let turn = 0
  let turnAgain = 0
  return {
    choose(_exchange: Exchange, except?: Place): Place {
      let at = except === undefined ? turn : turnAgain
      let chosen: Place | undefined
      let fallback: Place | undefined
      for (let i = 0; i < places.length && chosen === undefined; i++, at = after(at)) {
        const place = places[at] as Place
        if (place === except) continue
        if (standing.isCalm) chosen = place
        else if (standing.isUsable(place.state)) {
          fallback ??= place
          if (place.state.takesTurn(standing.shareOf(place.state))) chosen = place
        }
      }
      if (except === undefined) turn = at
      else turnAgain = at
      return chosen ?? fallback ?? except ?? (places[at] as Place)
    },
  }
}
