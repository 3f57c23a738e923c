import type { Finding } from '../diagnostics/problem.ts'
import type { ApiSettings, ApplicationSettings } from '../settings/model.ts'
import { type ClaimTest, compileClaimSet } from './claim-sets.ts'
import { createSharedEligibility, type SharedEligibility } from './shared-eligibility.ts'

/** More would hide the first ones. */
const MAX_FINDINGS = 25
/** Pairs of sets looked at before the search gives up: `check` stays quick on 10,000 applications that are all alike. */
const MAX_PAIRS = 200_000
/** Values of one set that are spelled out when several claims allow several values each. */
const MAX_COMBINATIONS = 64

/** Claims that name one caller; two sets that ask for different ones of them rarely meet in one token. */
const PRINCIPAL_CLAIMS: ReadonlySet<string> = new Set([
  'sub',
  'client_id',
  'azp',
  'app_id',
  'appid',
  'cid',
  'email',
  'preferred_username',
  'upn',
  'oid',
  'jti',
])

interface Candidate {
  readonly application: ApplicationSettings
  readonly pointer: string
  /** In the order of the claims' names. */
  readonly tests: readonly ClaimTest[]
}

/** Claim sets that ask for the same claims. */
interface Group {
  readonly names: readonly string[]
  readonly candidates: Candidate[]
}

/**
 * Finds claim sets of two applications that one token can satisfy alike, so that its caller would be refused (`application.ambiguous`):
 * sets of equal size, with agreeing values for the claims both ask for, of applications that count for one rule of some API.
 * Returns warnings (`config.ambiguous`), at most 25.
 */
export function predictTies(
  applications: readonly ApplicationSettings[],
  apis: readonly ApiSettings[],
): readonly Finding[] {
  const shared = createSharedEligibility(apis)
  const groups = groupBySignature(applications)
  const reported = new Map<string, Finding>()
  let pairs = 0
  for (const [a, b] of pairsOfGroups(groups)) {
    for (const [one, other] of meetings(a, b)) {
      pairs += 1
      if (pairs > MAX_PAIRS || reported.size >= MAX_FINDINGS) return [...reported.values()]
      report(one, other, shared, reported)
    }
  }
  return [...reported.values()]
}

function report(one: Candidate, other: Candidate, shared: SharedEligibility, reported: Map<string, Finding>): void {
  if (one.application.id === other.application.id || !shared(one.application, other.application)) return
  const [first, second] = one.pointer < other.pointer ? [one, other] : [other, one]
  const key = `${first.pointer} ${second.pointer}`
  if (reported.has(key)) return
  reported.set(key, {
    code: 'config.ambiguous',
    severity: 'warning',
    message: `a token can match \`${second.application.name}\` and \`${first.application.name}\` alike, and would be refused`,
    pointer: second.pointer,
    label: 'this claim set',
    related: [
      { pointer: first.pointer, label: 'and this one ask for equally many claims that can stand in one token' },
    ],
    help: 'add a claim to one of the sets: the set with most claims wins',
  })
}

function groupBySignature(applications: readonly ApplicationSettings[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const application of applications) {
    application.identifiers.claimSets.forEach((set, position) => {
      const tests = compileClaimSet(set).tests.toSorted((a, b) => (a.name < b.name ? -1 : 1))
      const names = tests.map(test => test.name)
      const signature = JSON.stringify(names)
      const group = groups.get(signature) ?? { names, candidates: [] }
      groups.set(signature, group)
      group.candidates.push({
        application,
        pointer: `${application.pointer}/identifiers/claim_sets/${position}`,
        tests,
      })
    })
  }
  return [...groups.values()].filter(group => group.names.length > 0)
}

function* pairsOfGroups(groups: readonly Group[]): Generator<readonly [Group, Group]> {
  for (const group of groups) yield [group, group]
  let looked = 0
  for (const [position, a] of groups.entries()) {
    for (const b of groups.slice(position + 1)) {
      looked += 1
      if (looked > MAX_PAIRS) return
      if (a.names.length === b.names.length && canMeet(a, b)) yield [a, b]
    }
  }
}

/** Two sets of different claims meet in practice unless each is about another kind of principal. */
function canMeet(a: Group, b: Group): boolean {
  const isPrincipal = (other: Group) => (name: string) => !other.names.includes(name) && PRINCIPAL_CLAIMS.has(name)
  return !(a.names.some(isPrincipal(b)) && b.names.some(isPrincipal(a)))
}

/** The pairs that agree on the claims both ask for, found by the values of these claims. */
function* meetings(a: Group, b: Group): Generator<readonly [Candidate, Candidate]> {
  const names = a.names.filter(name => b.names.includes(name))
  const byValues = new Map<string, Candidate[]>()
  for (const candidate of a.candidates) {
    for (const key of combinations(candidate, names)) {
      const bucket = byValues.get(key)
      if (bucket === undefined) byValues.set(key, [candidate])
      else bucket.push(candidate)
    }
  }
  for (const candidate of b.candidates) {
    for (const key of combinations(candidate, names)) {
      for (const other of byValues.get(key) ?? []) {
        if (other !== candidate) yield [other, candidate]
      }
    }
  }
}

/** Spells out the values of these claims that a set accepts, one text for each combination. */
function combinations({ tests }: Candidate, names: readonly string[]): readonly string[] {
  let keys: readonly string[] = ['']
  for (const { name, accepted } of tests) {
    if (!names.includes(name)) continue
    keys = keys.flatMap(key => accepted.map(value => `${key} ${JSON.stringify(value)}`)).slice(0, MAX_COMBINATIONS)
  }
  return keys
}
