import { type Exchange, tokenOf } from '../exchange/exchange.ts'
import type { HashKey } from '../settings/upstream-settings.ts'
import type { Balancer, Standing } from './balancer.ts'
import { toCanonicalName } from './field-names.ts'
import type { Place } from './place.ts'

/** The values of a 32-bit hash. */
const HASHES = 2 ** 32

/**
 * Creates the balancer that keeps equal keys together, by rendezvous hashing: every target draws a number for the key, the highest
 * wins. Where a target leaves, only its keys move, and they spread over all others; a target that is coming back gets its keys back
 * one by one, in an order that never changes.
 */
export function createConsistentHash(hashOn: HashKey, places: readonly Place[], standing: Standing): Balancer {
  const seeds = places.map(({ state }) => hashText(state.url))
  return {
    choose(exchange: Exchange, except?: Place): Place {
      const hash = hashText(readKey(hashOn, exchange))
      const { isCalm } = standing
      let best: Place | undefined
      let highest = -1
      let fallback: Place | undefined
      let highestOfAll = -1
      for (let i = 0; i < places.length; i++) {
        const place = places[i] as Place
        if (place === except || !(isCalm || standing.isUsable(place.state))) continue
        const seed = seeds[i] as number
        const drawn = mix(hash ^ seed)
        if (drawn > highestOfAll) {
          highestOfAll = drawn
          fallback = place
        }
        // Another number than the one that was drawn: that one is high for every key that the target can win.
        const isBack = isCalm || mix(drawn ^ ~seed) < standing.shareOf(place.state) * HASHES
        if (isBack && drawn > highest) {
          highest = drawn
          best = place
        }
      }
      return best ?? fallback ?? except ?? (places[0] as Place)
    },
  }
}

/** Reads what is kept together; without a value the client address counts. */
export function readKey(hashOn: HashKey, exchange: Exchange): string {
  const { head, facts } = exchange
  switch (hashOn.kind) {
    case 'application':
      return facts.application?.id ?? head.clientAddress
    case 'subject': {
      const subject = tokenOf(facts)?.claims['sub']
      return typeof subject === 'string' && subject !== '' ? subject : head.clientAddress
    }
    case 'header':
      return readField(hashOn.name, exchange) || head.clientAddress
    case 'client_address':
      return head.clientAddress
  }
}

/** Reads a field as the target will get it: what a policy sets or removes counts, not what the caller sent under that name. */
function readField(name: string, { head, edits }: Exchange): string | undefined {
  const edit = edits.findLast(each => toCanonicalName(('set' in each ? each.set : each.remove).toLowerCase()) === name)
  if (edit === undefined) return head.fields.first(name)
  return 'set' in edit ? edit.to : undefined
}

/** FNV-1a over the UTF-16 units, then mixed: quick, spreads well, and no secret hangs on it. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix(hash)
}

/** The finalizer of MurmurHash3: every bit of the input changes every bit of the output with even odds. */
function mix(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
