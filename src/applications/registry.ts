/**
 * Who is calling: the applications of one snapshot, found by token, API key, user, address or host name.
 * Claims identify only once verified; unverified claims reach `hmacCandidates` and nothing else, and get keys from it, not applications.
 * Nothing here refuses a request or knows a route: the rules in `policies` ask, with their own idea of who is eligible.
 */
import { createSecretDigest } from '../credentials/same-secret.ts'
import { createSharedSecretKey } from '../keys/shared-secret.ts'
import type { ApplicationSettings } from '../settings/model.ts'
import type { VerifiedJwt } from '../tokens/jwt.ts'
import type { HmacCandidates } from '../tokens/verify.ts'
import { createAddressIndex } from './address-index.ts'
import type { Application } from './application.ts'
import { type ClaimSetEntry, type ClaimSetIndex, createClaimSetIndex } from './claim-set-index.ts'
import { compileClaimSet } from './claim-sets.ts'
import { createHmacCandidates, type HmacStrategy } from './hmac-candidates.ts'
import type { HostNames } from './host-names.ts'
import { chooseAmong, type Eligibility, type Identification, UNIDENTIFIED } from './identification.ts'

export interface ApplicationRegistry {
  byId(id: string): Application | undefined
  /**
   * Identifies by a verified token (product.md 4, steps 3 and 5): by the owner of its HMAC key, and only that one; else, for a token of our own
   * issuer whose `sub` or `app_id` names an application, that one only; else by claim sets, of which the one with most claims wins.
   */
  identifyByToken(jwt: VerifiedJwt, isEligible: Eligibility): Identification
  /** Returns undefined where nobody has this key. */
  identifyByApiKey(apiKey: string, isEligible: Eligibility): Identification | undefined
  identifyByUser(user: string, isEligible: Eligibility): Identification
  /** Identifies by the client's address, within the applications' address ranges. */
  identifyByAddress(address: string, isEligible: Eligibility): Identification
  /** Identifies by the client's address, among those that the configured host names resolve to. */
  identifyByHostName(address: string, isEligible: Eligibility): Identification
  /** Finds the HMAC keys that an unverified token may be checked with. */
  readonly hmacCandidates: HmacCandidates
}

export interface RegistryParts {
  /** Names of the auth servers whose tokens this gateway signs. */
  readonly ownAuthServers: ReadonlySet<string>
  readonly hostNames: HostNames
}

/** An application with what decides whether a token may name it. */
interface Member {
  readonly application: Application
  /** Auth servers whose tokens may name it; undefined: any. */
  readonly authServers: ReadonlySet<string> | undefined
}

/** Creates the registry of one snapshot. Every way to identify has its index: nothing scans the applications. */
export function createApplicationRegistry(
  settings: readonly ApplicationSettings[],
  parts: RegistryParts,
): ApplicationRegistry {
  const members = new Map(settings.map((entry): [string, Member] => [entry.id, toMember(entry)]))
  const digest = createSecretDigest()
  const byApiKey = groupBy(settings, members, ({ identifiers }) => identifiers.apiKeys.map(key => digest(key.reveal())))
  const byUser = groupBy(settings, members, ({ identifiers }) => identifiers.users)
  const byHostName = groupBy(settings, members, ({ identifiers }) => identifiers.hostNames)
  const byAddress = createAddressIndex(
    settings.flatMap(entry => {
      const owner = members.get(entry.id)?.application
      return owner === undefined ? [] : entry.identifiers.ipRanges.map(range => ({ owner, range }))
    }),
  )
  const byClaims = createClaimSetIndex(
    settings.flatMap(entry => {
      const owner = members.get(entry.id)
      return owner === undefined ? [] : entry.identifiers.claimSets.map(set => ({ owner, rule: compileClaimSet(set) }))
    }),
  )

  return {
    byId: id => members.get(id)?.application,
    identifyByToken(jwt, isEligible) {
      const named = namedBy(jwt, parts.ownAuthServers, members)
      if (named !== undefined) return judgeNamed(named, jwt, isEligible)
      return identifyByClaims(byClaims, jwt, isEligible)
    },
    identifyByApiKey(apiKey, isEligible) {
      const applications = byApiKey.get(digest(apiKey))
      return applications === undefined ? undefined : chooseAmong(applications, isEligible)
    },
    identifyByUser: (user, isEligible) => chooseAmong(byUser.get(user) ?? [], isEligible),
    identifyByAddress: (address, isEligible) => chooseAmong(byAddress.ownersOf(address), isEligible),
    identifyByHostName(address, isEligible) {
      const found = parts.hostNames.namesAt(address).flatMap(name => byHostName.get(name) ?? [])
      return chooseAmong([...new Set(found)], isEligible)
    },
    hmacCandidates: createHmacCandidates(settings.flatMap(toHmacStrategies)),
  }
}

/** The applications that a token names outright. Two different ones name nobody. Undefined: claim sets decide. */
function namedBy(
  jwt: VerifiedJwt,
  ownAuthServers: ReadonlySet<string>,
  members: ReadonlyMap<string, Member>,
): readonly (Member | undefined)[] | undefined {
  if (jwt.keyOwner !== undefined) return [members.get(jwt.keyOwner)]
  if (!ownAuthServers.has(jwt.authServer)) return undefined
  const named = new Set<Member>()
  for (const name of ['sub', 'app_id']) {
    const id = Object.hasOwn(jwt.claims, name) ? jwt.claims[name] : undefined
    const member = typeof id === 'string' ? members.get(id) : undefined
    if (member !== undefined) named.add(member)
  }
  return named.size === 0 ? undefined : [...named]
}

function judgeNamed(named: readonly (Member | undefined)[], jwt: VerifiedJwt, isEligible: Eligibility): Identification {
  const applications = named.flatMap(member =>
    member !== undefined && accepts(member, jwt) ? [member.application] : [],
  )
  // One that takes no tokens of this issuer is not meant, but that it is suspended must be seen.
  const [shut] = named.filter(member => member?.application.suspended)
  if (applications.length === 0) return { kind: 'unidentified', named: shut?.application }
  if (applications.length === 1) return chooseAmong(applications, isEligible)
  return { kind: 'ambiguous', candidates: applications.map(application => application.id) }
}

function identifyByClaims(index: ClaimSetIndex<Member>, jwt: VerifiedJwt, isEligible: Eligibility): Identification {
  const eligible = chooseLargest(index, jwt, isEligible)
  if (eligible.kind !== 'unidentified') return eligible
  const anybody = chooseLargest(index, jwt, () => true)
  return anybody.kind === 'identified' ? { kind: 'unidentified', named: anybody.application } : UNIDENTIFIED
}

function chooseLargest(index: ClaimSetIndex<Member>, jwt: VerifiedJwt, isEligible: Eligibility): Identification {
  let most = 0
  let best = new Set<Application>()
  index.forEachMatch(jwt.claims, ({ owner, rule }) => {
    const size = rule.tests.length
    if (size < most || !accepts(owner, jwt) || !isEligible(owner.application)) return true
    if (size > most) best = new Set()
    most = size
    best.add(owner.application)
    return true
  })
  const [first, ...others] = best
  if (first === undefined) return UNIDENTIFIED
  if (others.length === 0) return { kind: 'identified', application: first }
  return { kind: 'ambiguous', candidates: [...best].map(application => application.id) }
}

function accepts({ authServers }: Member, jwt: VerifiedJwt): boolean {
  return authServers === undefined || authServers.has(jwt.authServer)
}

function toMember(settings: ApplicationSettings): Member {
  const { id, name, owner, tier, suspended, apis, authServers } = settings
  return {
    application: Object.freeze({ id, name, owner, tier, suspended, apis: new Set(apis) }),
    authServers: authServers === undefined ? undefined : new Set(authServers),
  }
}

function groupBy(
  settings: readonly ApplicationSettings[],
  members: ReadonlyMap<string, Member>,
  namesOf: (entry: ApplicationSettings) => readonly string[],
): ReadonlyMap<string, readonly Application[]> {
  const groups = new Map<string, Application[]>()
  for (const entry of settings) {
    const application = members.get(entry.id)?.application
    if (application === undefined) continue
    for (const name of namesOf(entry)) {
      const group = groups.get(name)
      if (group === undefined) groups.set(name, [application])
      else if (!group.includes(application)) group.push(application)
    }
  }
  return groups
}

function toHmacStrategies(settings: ApplicationSettings): readonly HmacStrategy[] {
  if (settings.strategies.length === 0) return NO_STRATEGIES
  const owner = settings.id
  const claimSets = settings.identifiers.claimSets.map(
    (set): ClaimSetEntry<string> => ({ owner, rule: compileClaimSet(set) }),
  )
  // These keys live as long as their registry: a reload makes new ones, and cached verdicts hang on `hmacCandidates`.
  return settings.strategies.map(({ authServer, algorithm, secret, audience }) => ({
    authServer,
    algorithm,
    claimSets,
    candidate: { key: createSharedSecretKey(Buffer.from(secret.reveal(), 'base64'), algorithm), owner, audience },
  }))
}

const NO_STRATEGIES: readonly HmacStrategy[] = []
