import type { Cursor } from './cursor.ts'

/** One policy as it is written in a list of policies. */
export interface PolicyEntry {
  /** Its key: `protocols`, `jwt`, `require`, … */
  readonly kind: string
  readonly body: Cursor
}

/** One Identify & Authorize rule as it is written, short form included. */
export interface RuleEntry {
  /** `jwt`, `api_key`, …; the first known one where several are written. */
  readonly kind: RuleKind
  readonly body: Cursor
  /** `registered`, `global`, `global_or_default`, `none`. */
  readonly lookup: string
  readonly pointer: string
}

/** The Identify & Authorize policy of an API or a route. */
export interface IdentificationEntry {
  readonly condition: string
  readonly rules: readonly RuleEntry[]
  readonly pointer: string
}

export type RuleKind = (typeof RULE_KINDS)[number]
export const RULE_KINDS = [
  'jwt',
  'oauth2',
  'api_key',
  'http_basic',
  'host_name',
  'ip_range',
  'client_certificate',
] as const

/** Kinds of policy that say how a caller is identified: a list may hold one of them. */
const IDENTIFYING: ReadonlySet<string> = new Set(['identify_and_authorize', 'jwt'])

/** Lists the policies of an API or a route. */
export function policiesOf(owner: Cursor): readonly PolicyEntry[] {
  return owner
    .at('policies')
    .items()
    .flatMap(entry => entry.keys().map(kind => ({ kind, body: entry.at(kind) })))
}

/** Returns the Identify & Authorize policy that is written at an API or a route itself. */
export function identificationAt(owner: Cursor): IdentificationEntry | undefined {
  const entry = policiesOf(owner).find(({ kind }) => IDENTIFYING.has(kind))
  if (entry === undefined) return undefined
  const { body, kind } = entry
  if (kind === 'jwt') {
    const rule: RuleEntry = { kind: 'jwt', body, lookup: 'none', pointer: body.pointer }
    return { condition: 'or', rules: [rule], pointer: body.pointer }
  }
  const rules = body
    .at('rules')
    .items()
    .flatMap(item => toRule(item) ?? [])
  return { condition: body.at('condition').text ?? '', rules, pointer: body.pointer }
}

/** Returns what is in force for a route: its own policy, else its API's; `open` where either says so. */
export function effectiveIdentification(
  api: Cursor,
  route: Cursor | undefined,
): IdentificationEntry | 'open' | undefined {
  if (route !== undefined) {
    if (route.at('open').value === true) return 'open'
    const own = identificationAt(route)
    if (own !== undefined) return own
  }
  return api.at('open').value === true ? 'open' : identificationAt(api)
}

/** Names the auth servers of a `jwt` or `oauth2` rule with their places; none where the rule takes all. */
export function authServersOf(rule: RuleEntry): readonly { readonly text: string; readonly pointer: string }[] {
  const list = rule.body.at('auth_servers')
  return list.isPresent ? list.texts() : rule.body.texts()
}

function toRule(item: Cursor): RuleEntry | undefined {
  const kind = RULE_KINDS.find(name => item.at(name).isPresent)
  if (kind === undefined) return undefined
  return { kind, body: item.at(kind), lookup: item.at('applications').text ?? '', pointer: item.pointer }
}
