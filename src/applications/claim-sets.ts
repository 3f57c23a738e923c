import type { ClaimExpectation } from '../settings/model.ts'
import { claimAt } from '../tokens/claims.ts'
import type { JsonObject, JsonValue } from '../tokens/jwt.ts'

/** A value that a claim can be compared with. */
export type ClaimScalar = string | number | boolean

/** One claim that a set asks for: it must have one of these values. */
export interface ClaimTest {
  /** The literal claim name, or a path with dots; the literal name wins. */
  readonly name: string
  readonly accepted: readonly ClaimScalar[]
}

/** An application's claim set, compiled: every test must pass. Not a token's claims set. */
export interface ClaimSetRule {
  readonly tests: readonly ClaimTest[]
}

/** Compiles a claim set of the settings. */
export function compileClaimSet(set: Readonly<Record<string, ClaimExpectation>>): ClaimSetRule {
  const tests = Object.keys(set).map((name): ClaimTest => ({ name, accepted: toAccepted(set[name]) }))
  return { tests }
}

/**
 * Tells whether claims satisfy a set (product.md 4, step 5). Own properties only; type and value must be equal (`1` is not `"1"`, `1` is `1.0`);
 * an array claim matches by membership; a `scope` string is also compared word by word; null and objects match nothing.
 * A set without claims matches nothing.
 */
export function matchesClaimSet(rule: ClaimSetRule, claims: JsonObject, values = readClaims(claims)): boolean {
  const { tests } = rule
  for (const { name, accepted } of tests) {
    const known = values(name)
    if (!accepted.some(value => known.has(value))) return false
  }
  return tests.length > 0
}

/** The values that each claim of a token counts as having, read once: a long list must not be read again for every set. */
export type ClaimValues = (name: string) => ReadonlySet<ClaimScalar>

/** Creates the values of a token's claims. */
export function readClaims(claims: JsonObject): ClaimValues {
  const read = new Map<string, ReadonlySet<ClaimScalar>>()
  return name => {
    let values = read.get(name)
    if (values === undefined) {
      values = new Set(valuesOf(name, claimAt(claims, name)))
      read.set(name, values)
    }
    return values
  }
}

/** Lists the values that a claim counts as having: itself, the members of an array, the words of a `scope`. */
function valuesOf(name: string, value: JsonValue | undefined): readonly ClaimScalar[] {
  if (Array.isArray(value)) return value.filter(isScalar)
  if (!isScalar(value)) return []
  if (name !== 'scope' || typeof value !== 'string' || !value.includes(' ')) return [value]
  return [value, ...value.split(' ').filter(word => word !== '')]
}

function toAccepted(expectation: ClaimExpectation | undefined): readonly ClaimScalar[] {
  if (expectation === undefined) return []
  return typeof expectation === 'object' ? expectation : [expectation]
}

function isScalar(value: JsonValue | undefined): value is ClaimScalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
