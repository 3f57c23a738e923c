/**
 * Who is calling: the applications of one snapshot, found by token, API key, user, address or host name.
 * Claims identify only once verified; unverified claims reach `hmacCandidates` and nothing else, and get keys from it, not applications.
 * Nothing here refuses a request or knows a route: the rules in `policies` ask, with their own idea of who is eligible.
 */
import { createSecretDigest } from '../credentials/same-secret.ts'
import { createSharedSecretKey } from '../keys/shared-secret.ts'
import { canonicalName } from '../message/distinguished-name.ts'
import type { PeerCertificate } from '../message/request-head.ts'
import type { ApplicationSettings, ClientCertificateSettings } from '../settings/model.ts'
import type { AcceptedToken } from '../tokens/accepted-token.ts'
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
   * Identifies by a token (product.md 4, steps 3 and 5): by the client that an introspected one was given to, or the owner of its HMAC key, and only that one; else, for a token of our own
   * issuer whose `sub` or `app_id` names an application, that one only; else by claim sets, of which the one with most claims wins.
   */
  identifyByToken(token: AcceptedToken, isEligible: Eligibility): Identification
  /** Returns undefined where nobody has this key. */
  identifyByApiKey(apiKey: string, isEligible: Eligibility): Identification | undefined
  identifyByUser(user: string, isEligible: Eligibility): Identification
  /** Identifies by a verified client certificate: by its fingerprint, its subject and its alternative names; whoever lists one of them matches. */
  identifyByCertificate(certificate: PeerCertificate, isEligible: Eligibility): Identification
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
  const byCertificate = groupBy(settings, members, ({ identifiers }) =>
    identifiers.clientCertificates.map(({ by, value }) => certificateKey(by, value)),
  )
  const byHostName = groupBy(settings, members, ({ identifiers }) => identifiers.hostNames)
  const byAddress = createAddressIndex(
    settings.flatMap(entry => {
      const owner = members.get(entry.id)?.application
      return owner === undefined ? [] : entry.identifiers.ipRanges.map(range => ({ owner, range }))
    }),
  )
  const byClientId = new Map<string, Member[]>()
  for (const { id, identifiers } of settings) {
    const member = members.get(id)
    if (member === undefined) continue
    for (const clientId of new Set(identifiers.clientIds)) {
      byClientId.set(clientId, [...(byClientId.get(clientId) ?? []), member])
    }
  }
  const byClaims = createClaimSetIndex(
    settings.flatMap(entry => {
      const owner = members.get(entry.id)
      return owner === undefined ? [] : entry.identifiers.claimSets.map(set => ({ owner, rule: compileClaimSet(set) }))
    }),
  )

  return {
    byId: id => members.get(id)?.application,
    identifyByToken(token, isEligible) {
      const named = clientOf(token, byClientId) ?? namedBy(token, parts.ownAuthServers, members)
      if (named !== undefined) return judgeNamed(named, token, isEligible)
      return identifyByClaims(byClaims, token, isEligible)
    },
    identifyByApiKey(apiKey, isEligible) {
      const applications = byApiKey.get(digest(apiKey))
      return applications === undefined ? undefined : chooseAmong(applications, isEligible)
    },
    identifyByUser: (user, isEligible) => chooseAmong(byUser.get(user) ?? [], isEligible),
    identifyByCertificate({ fingerprint, san, subject }, isEligible) {
      const keys = [
        certificateKey('fingerprint', fingerprint),
        certificateKey('subject', canonicalName(subject) ?? subject),
        ...san.map(name => certificateKey('san', name)),
      ]
      return chooseAmong([...new Set(keys.flatMap(key => byCertificate.get(key) ?? []))], isEligible)
    },
    identifyByAddress: (address, isEligible) => chooseAmong(byAddress.ownersOf(address), isEligible),
    identifyByHostName(address, isEligible) {
      const found = parts.hostNames.namesAt(address).flatMap(name => byHostName.get(name) ?? [])
      return chooseAmong([...new Set(found)], isEligible)
    },
    hmacCandidates: createHmacCandidates(settings.flatMap(toHmacStrategies)),
  }
}

/**
 * The applications whose client an introspected token was given to (RFC 7662 section 2.2). An ID means something only where it was given out:
 * those that take no tokens of this auth server are others. Undefined: the token says nothing of that, or its client is nobody here.
 */
function clientOf(
  token: AcceptedToken,
  byClientId: ReadonlyMap<string, readonly Member[]>,
): readonly Member[] | undefined {
  const id = token.state === 'introspected' ? token.claims['client_id'] : undefined
  const clients = typeof id === 'string' ? byClientId.get(id)?.filter(member => accepts(member, token)) : undefined
  return clients === undefined || clients.length === 0 ? undefined : clients
}

/** The applications that a token names outright. Two different ones name nobody. Undefined: claim sets decide. */
function namedBy(
  token: AcceptedToken,
  ownAuthServers: ReadonlySet<string>,
  members: ReadonlyMap<string, Member>,
): readonly (Member | undefined)[] | undefined {
  if (token.keyOwner !== undefined) return [members.get(token.keyOwner)]
  if (!ownAuthServers.has(token.authServer)) return undefined
  const named = new Set<Member>()
  for (const name of ['sub', 'app_id']) {
    const id = Object.hasOwn(token.claims, name) ? token.claims[name] : undefined
    const member = typeof id === 'string' ? members.get(id) : undefined
    if (member !== undefined) named.add(member)
  }
  return named.size === 0 ? undefined : [...named]
}

function judgeNamed(
  named: readonly (Member | undefined)[],
  token: AcceptedToken,
  isEligible: Eligibility,
): Identification {
  const applications = named.flatMap(member =>
    member !== undefined && accepts(member, token) ? [member.application] : [],
  )
  // One that takes no tokens of this issuer is not meant, but that it is suspended must be seen.
  const [shut] = named.filter(member => member?.application.suspended)
  if (applications.length === 0) return { kind: 'unidentified', named: shut?.application }
  if (applications.length === 1) return chooseAmong(applications, isEligible)
  return { kind: 'ambiguous', candidates: applications.map(application => application.id) }
}

function identifyByClaims(index: ClaimSetIndex<Member>, token: AcceptedToken, isEligible: Eligibility): Identification {
  const eligible = chooseLargest(index, token, isEligible)
  if (eligible.kind !== 'unidentified') return eligible
  const anybody = chooseLargest(index, token, () => true)
  return anybody.kind === 'identified' ? { kind: 'unidentified', named: anybody.application } : UNIDENTIFIED
}

function chooseLargest(index: ClaimSetIndex<Member>, token: AcceptedToken, isEligible: Eligibility): Identification {
  let most = 0
  let best = new Set<Application>()
  index.forEachMatch(token.claims, ({ owner, rule }) => {
    const size = rule.tests.length
    if (size < most || !accepts(owner, token) || !isEligible(owner.application)) return true
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

function accepts({ authServers }: Member, token: AcceptedToken): boolean {
  return authServers === undefined || authServers.has(token.authServer)
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

function certificateKey(by: ClientCertificateSettings['by'], value: string): string {
  return `${by} ${value}`
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
