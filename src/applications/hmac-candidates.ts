import type { JsonObject, UnverifiedJwt } from '../tokens/jwt.ts'
import { type HmacCandidate, type HmacCandidates, MOST_HMAC_CANDIDATES } from '../tokens/verify.ts'
import { type ClaimSetEntry, type ClaimSetIndex, createClaimSetIndex } from './claim-set-index.ts'

/** An application's HMAC key, with what may choose it. */
export interface HmacStrategy {
  readonly authServer: string
  readonly algorithm: string
  readonly candidate: HmacCandidate
  /** The owner's claim sets. An owner without any is chosen by the claims that name it, or tried because nothing speaks against it. */
  readonly claimSets: readonly ClaimSetEntry<string>[]
}

/** Matching owners that are looked at before the best eight are kept: an array of names in a forged token buys no long search. */
const MAX_VISITED = 64

/** Claims by which a token customarily names a client; compared with application ids. */
const NAMING_CLAIMS = ['sub', 'app_id', 'client_id', 'azp'] as const

/**
 * Creates the search for HMAC keys. It is the one place that looks at unverified claims, and all it gives away is keys: at most eight,
 * those of owners whose claim set matches (most claims first), then of owners without claim sets that a claim names by id, then of the
 * other owners without claim sets.
 */
export function createHmacCandidates(strategies: readonly HmacStrategy[]): HmacCandidates {
  const groups = new Map<string, HmacStrategy[]>()
  for (const strategy of strategies) {
    const group = groups.get(groupOf(strategy.authServer, strategy.algorithm))
    if (group === undefined) groups.set(groupOf(strategy.authServer, strategy.algorithm), [strategy])
    else group.push(strategy)
  }
  const searches = new Map([...groups].map(([name, group]) => [name, createSearch(group)]))
  return (unverified, authServer, algorithm) => searches.get(groupOf(authServer, algorithm))?.(unverified) ?? NONE
}

const NONE: readonly HmacCandidate[] = Object.freeze([])

/** Creates the search among the strategies of one auth server and algorithm. */
function createSearch(strategies: readonly HmacStrategy[]): (unverified: UnverifiedJwt) => readonly HmacCandidate[] {
  const keysOf = new Map<string, HmacCandidate[]>()
  for (const { candidate } of strategies) {
    const keys = keysOf.get(candidate.owner)
    if (keys === undefined) keysOf.set(candidate.owner, [candidate])
    else keys.push(candidate)
  }
  const index = createClaimSetIndex(strategies.flatMap(strategy => strategy.claimSets))
  const plain = strategies.filter(({ claimSets }) => claimSets.length === 0).map(({ candidate }) => candidate)
  const plainOwners = new Set(plain.map(({ owner }) => owner))

  return ({ unverifiedClaims }) => {
    const owners = new Set(matchingOwners(index, unverifiedClaims))
    for (const name of NAMING_CLAIMS) {
      const id = Object.hasOwn(unverifiedClaims, name) ? unverifiedClaims[name] : undefined
      if (typeof id === 'string' && plainOwners.has(id)) owners.add(id)
    }
    const found = [...owners].flatMap(owner => keysOf.get(owner) ?? [])
    for (const candidate of plain) {
      if (found.length >= MOST_HMAC_CANDIDATES) break
      if (!owners.has(candidate.owner)) found.push(candidate)
    }
    return found.slice(0, MOST_HMAC_CANDIDATES)
  }
}

/** Collects owners of matching sets, those with most claims first. */
function matchingOwners(index: ClaimSetIndex<string>, claims: JsonObject): readonly string[] {
  const sizes = new Map<string, number>()
  index.forEachMatch(claims, ({ owner, rule }) => {
    sizes.set(owner, Math.max(sizes.get(owner) ?? 0, rule.tests.length))
    return sizes.size < MAX_VISITED
  })
  return [...sizes].sort((a, b) => b[1] - a[1]).map(([owner]) => owner)
}

function groupOf(authServer: string, algorithm: string): string {
  return `${algorithm} ${authServer}`
}
