import { type Application, DEFAULT_APPLICATION } from '../applications/application.ts'
import type { Eligibility, Identification } from '../applications/identification.ts'
import type { PresentedCredentials } from '../credentials/authorization.ts'
import type { ErrorCode } from '../errors/catalogue.ts'
import type { SchemeName } from '../errors/challenge.ts'
import type { Denial } from '../errors/denial.ts'
import type { Exchange, Facts } from '../exchange/exchange.ts'
import type { ApplicationLookup, IdentificationRuleSettings } from '../settings/model.ts'
import type { Decision } from './policy.ts'

export type RuleKind = IdentificationRuleSettings['kind']

/** What one rule says about a caller. */
export type RuleVerdict =
  /** The rule's credential is not there, or the caller's address means nothing to it. */
  | { readonly kind: 'absent' }
  /** The decision to return where this rule alone decides; frozen and reused where the same caller comes again. */
  | { readonly kind: 'passed'; readonly facts: Facts; readonly decision: Decision }
  /** Valid, but no application that counts here. `presented` is false for an address: that is nothing a caller presents. */
  | { readonly kind: 'ineligible'; readonly facts: Facts; readonly denial: Denial; readonly presented: boolean }
  /** `whatever`: refuses also where another rule has let the caller through. */
  | { readonly kind: 'refused'; readonly denial: Denial; readonly whatever: boolean }

/** One compiled rule of Identify & Authorize. */
export interface IdentificationRule {
  readonly kind: RuleKind
  /** The scheme that a challenge offers; undefined for rules that go by the caller's address or certificate. */
  readonly scheme: SchemeName | undefined
  /** Algorithms of DPoP proofs, where the scheme is `DPoP`. */
  readonly algorithms?: readonly string[]
  /** Answers at once where nothing has to be waited for. */
  evaluate(presented: PresentedCredentials, exchange: Exchange): RuleVerdict | Promise<RuleVerdict>
}

/** Shared: the common case of a rule whose credential is not there allocates nothing. */
export const ABSENT: RuleVerdict = Object.freeze({ kind: 'absent' })

/** Makes the test for the applications that count under a lookup. */
export function toEligibility(lookup: ApplicationLookup, api: string): Eligibility {
  return lookup === 'registered' ? application => application.apis.has(api) : () => true
}

/** Makes the verdict of a rule that passed; frozen, so that it can be reused. */
export function pass(kind: RuleKind, facts: Facts): RuleVerdict {
  const all: Facts = Object.freeze({ ...facts, identifiedBy: Object.freeze([kind]) })
  return Object.freeze({ kind: 'passed', facts: all, decision: Object.freeze({ kind: 'proceed', facts: all }) })
}

/** Makes the verdict of a credential that is not acceptable, whatever other rules say (product.md 4). */
export function refuse(denial: Denial): RuleVerdict {
  return Object.freeze({ kind: 'refused', denial, whatever: true })
}

/** What a rule knows when it turns an identification into a verdict. */
export interface RuleContext {
  readonly kind: RuleKind
  readonly lookup: ApplicationLookup
  /** False for rules that go by the caller's address. */
  readonly presented: boolean
  /** Found out beside the application: the verified token, the user. */
  readonly facts: Facts
}

/**
 * Turns who the caller is into the rule's verdict: a suspended application is refused at once, a tie is refused,
 * and without an eligible application the lookup decides (product.md 4, step 7).
 */
export function toVerdict(found: Identification, context: RuleContext): RuleVerdict {
  const refusal = refuseIdentification(found, context)
  if (refusal !== undefined) return refusal
  if (found.kind === 'identified') return pass(context.kind, { ...context.facts, application: found.application })
  const named = found.kind === 'unidentified' ? found.named : undefined
  if (context.presented && context.lookup === 'global_or_default') {
    return pass(context.kind, { ...context.facts, application: DEFAULT_APPLICATION })
  }
  if (!context.presented && named === undefined) return ABSENT
  const code: ErrorCode = named === undefined ? 'application.unidentified' : 'application.not_registered'
  return Object.freeze({
    kind: 'ineligible',
    facts: Object.freeze({ ...context.facts }),
    denial: denyApplication(code, context.kind, named),
    presented: context.presented,
  })
}

/** Refuses a tie and a suspended application; undefined where the identification can stand. */
export function refuseIdentification(found: Identification, { kind, presented }: RuleContext): RuleVerdict | undefined {
  if (found.kind === 'ambiguous') {
    const facts = { rule: kind, candidates: found.candidates.slice(0, 8).join(' ') }
    return { kind: 'refused', denial: { code: 'application.ambiguous', facts }, whatever: false }
  }
  // An address may belong to several; a credential belongs to whom it names, eligible here or not.
  const application = found.kind === 'identified' ? found.application : presented ? found.named : undefined
  return application?.suspended === true
    ? refuse(denyApplication('application.suspended', kind, application))
    : undefined
}

function denyApplication(code: ErrorCode, rule: RuleKind, application: Application | undefined): Denial {
  return { code, facts: application === undefined ? { rule } : { rule, application: application.id } }
}
