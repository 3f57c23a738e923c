import type { Application } from './application.ts'

/** Whether an application counts for a rule: registered for its API, or any. */
export type Eligibility = (application: Application) => boolean

/** Who a caller was found to be. */
export type Identification =
  | { readonly kind: 'identified'; readonly application: Application }
  /** No eligible application. `named`: the one application that the caller is, though it does not count here. */
  | { readonly kind: 'unidentified'; readonly named: Application | undefined }
  /** Several eligible applications match alike: refused, never chosen from (product.md 4, step 5). */
  | { readonly kind: 'ambiguous'; readonly candidates: readonly string[] }

/** Nobody at all; shared. */
export const UNIDENTIFIED: Identification = Object.freeze({ kind: 'unidentified', named: undefined })

/** Chooses the one eligible application among those that match alike, each listed once. */
export function chooseAmong(applications: readonly Application[], isEligible: Eligibility): Identification {
  const eligible = applications.filter(isEligible)
  const [first] = eligible
  if (first === undefined) {
    return applications.length === 1 ? { kind: 'unidentified', named: applications[0] } : UNIDENTIFIED
  }
  if (eligible.length === 1) return { kind: 'identified', application: first }
  return { kind: 'ambiguous', candidates: eligible.map(application => application.id) }
}
