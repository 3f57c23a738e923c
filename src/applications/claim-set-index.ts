import type { JsonObject } from '../tokens/jwt.ts'
import { type ClaimScalar, type ClaimSetRule, type ClaimTest, matchesClaimSet, readClaims } from './claim-sets.ts'

/** A claim set and whose it is. */
export interface ClaimSetEntry<T> {
  readonly owner: T
  readonly rule: ClaimSetRule
}

/** Finds the claim sets that claims satisfy without trying each one. */
export interface ClaimSetIndex<T> {
  /** Visits every satisfied set, in no particular order, a set perhaps twice; stops when `visit` returns false. */
  forEachMatch(claims: JsonObject, visit: (entry: ClaimSetEntry<T>) => boolean): void
}

/**
 * Builds an index. Each set hangs on its rarest claim value, so that 10,000 sets which share `tenant` and differ in `sub`
 * are told apart by one look-up of `sub`.
 */
export function createClaimSetIndex<T>(entries: readonly ClaimSetEntry<T>[]): ClaimSetIndex<T> {
  const frequencies = countValues(entries)
  const anchors = new Map<string, Map<ClaimScalar, ClaimSetEntry<T>[]>>()
  for (const entry of entries) {
    const anchor = chooseAnchor(entry.rule, frequencies)
    if (anchor === undefined) continue
    const byValue = getOrCreate(anchors, anchor.name, () => new Map<ClaimScalar, ClaimSetEntry<T>[]>())
    for (const value of anchor.accepted) getOrCreate(byValue, value, (): ClaimSetEntry<T>[] => []).push(entry)
  }
  return {
    forEachMatch(claims, visit) {
      const values = readClaims(claims)
      for (const [name, byValue] of anchors) {
        for (const value of values(name)) {
          for (const entry of byValue.get(value) ?? []) {
            if (matchesClaimSet(entry.rule, claims, values) && !visit(entry)) return
          }
        }
      }
    },
  }
}

/** How many sets accept a value of a claim, by claim name and value. */
type Frequencies = ReadonlyMap<string, ReadonlyMap<ClaimScalar, number>>

function countValues(entries: readonly ClaimSetEntry<unknown>[]): Frequencies {
  const frequencies = new Map<string, Map<ClaimScalar, number>>()
  for (const { rule } of entries) {
    for (const { name, accepted } of rule.tests) {
      const counts = getOrCreate(frequencies, name, () => new Map<ClaimScalar, number>())
      for (const value of accepted) counts.set(value, (counts.get(value) ?? 0) + 1)
    }
  }
  return frequencies
}

/** The claim whose commonest value is rarest; among equals the name that most values are known of, so that few names are looked up. */
function chooseAnchor({ tests }: ClaimSetRule, frequencies: Frequencies): ClaimTest | undefined {
  let best: { readonly test: ClaimTest; readonly crowd: number; readonly known: number } | undefined
  for (const test of tests) {
    const counts = frequencies.get(test.name)
    let crowd = 0
    for (const value of test.accepted) crowd = Math.max(crowd, counts?.get(value) ?? 0)
    const known = counts?.size ?? 0
    if (best === undefined || crowd < best.crowd || (crowd === best.crowd && known > best.known))
      best = { test, crowd, known }
  }
  return best?.test
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
