import type { Finding } from '../diagnostics/problem.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import { authServersOf, identificationAt, type RuleEntry } from './policy-entries.ts'

/** Predicts tokens that fail for what is missing here: audiences that nothing can match, claim sets that any issuer can meet. */
export function checkTokens(inspection: Inspection): readonly Finding[] {
  const silent = serversWithoutAudience(inspection)
  const rulesOf = (api: Cursor): readonly RuleEntry[] =>
    [api, ...api.at('routes').items()].flatMap(owner => identificationAt(owner)?.rules ?? [])
  const audiences = inspection.apis.flatMap(api =>
    silent.size === 0 ? [] : rulesOf(api).flatMap(rule => checkAudience(inspection, { api, rule, silent })),
  )
  return [...audiences, ...checkSeveralIssuers(inspection)]
}

/** Auth servers whose configuration names no audience. */
function serversWithoutAudience({ authServers }: Inspection): ReadonlyMap<string, Cursor> {
  const silent = [...authServers].filter(
    ([, server]) =>
      server.at('localIntrospectionConfig', 'issuer').isPresent &&
      !server.at('localIntrospectionConfig', 'audience').isPresent &&
      !server.at('tokenGeneratorConfig', 'audience').isPresent,
  )
  return new Map(silent)
}

/**
 * `aud` must name something (product.md 4.6). Where the auth server, the strategies and the applications give nothing to name, only a
 * token for the request's own path passes.
 */
function checkAudience(
  inspection: Inspection,
  place: { readonly api: Cursor; readonly rule: RuleEntry; readonly silent: ReadonlyMap<string, Cursor> },
): readonly Finding[] {
  const { api, rule, silent } = place
  if (rule.kind !== 'jwt' || rule.body.at('audience').text === 'off') return []
  return issuersOf(inspection, rule).flatMap(({ name, pointer }) => {
    const server = silent.get(name)
    if (server === undefined) return []
    if (eligibleApplications(inspection, api, rule).some(application => canNameItself(application, name))) return []
    return [
      {
        code: 'config.unusable' as const,
        severity: 'warning' as const,
        message: `a token of \`${name}\` that has an \`aud\` can only pass if it names the request path`,
        pointer,
        related: [{ pointer: server.at('name').pointer, label: 'has no `audience`' }],
        help: 'set `localIntrospectionConfig.audience`, or write `audience: off` in the rule',
      },
    ]
  })
}

/** An application that a token can name gives its id, or its strategy's audience, as an audience. */
function canNameItself(application: Cursor, authServer: string): boolean {
  const strategies = application.at('strategies').items()
  const own = strategies.some(
    strategy => strategy.at('authServerAlias').text === authServer && strategy.at('audience').isPresent,
  )
  return own || application.at('identifiers', 'claim_sets').items().length > 0
}

function eligibleApplications(inspection: Inspection, api: Cursor, rule: RuleEntry): readonly Cursor[] {
  if (rule.lookup === 'none') return []
  if (rule.lookup !== 'registered') return inspection.applications
  return inspection.applicationsByApi.get(api.at('name').text ?? '') ?? []
}

function issuersOf(
  inspection: Inspection,
  rule: RuleEntry,
): readonly { readonly name: string; readonly pointer: string }[] {
  const named = authServersOf(rule)
  if (named.length > 0) return named.map(({ text, pointer }) => ({ name: text, pointer }))
  return [...inspection.authServers]
    .filter(([, server]) => rule.kind !== 'oauth2' || server.at('remoteIntrospectionConfig').isPresent)
    .map(([name]) => ({ name, pointer: rule.pointer }))
}

function isNamedByTokens(application: Cursor): boolean {
  return ['claim_sets', 'client_ids'].some(key => application.at('identifiers', key).items().length > 0)
}

/** A claim set says what a token holds, not who vouches for it: with several issuers, any of them can name the application. */
function checkSeveralIssuers(inspection: Inspection): readonly Finding[] {
  const loose = inspection.applications.filter(
    application => isNamedByTokens(application) && !application.at('auth_servers').isPresent,
  )
  if (loose.length === 0) return []
  const openTo = new Map<string, Cursor>()
  let forAll: Cursor | undefined
  for (const api of inspection.apis) {
    for (const owner of [api, ...api.at('routes').items()]) {
      const rules = (identificationAt(owner)?.rules ?? []).filter(
        ({ kind, lookup }) => (kind === 'jwt' || kind === 'oauth2') && lookup !== 'none',
      )
      const issuers = new Set(rules.flatMap(rule => issuersOf(inspection, rule).map(({ name }) => name)))
      if (issuers.size < 2) continue
      openTo.set(api.at('name').text ?? '', api)
      if (rules.some(({ lookup }) => lookup !== 'registered')) forAll ??= api
    }
  }
  return loose.flatMap(application => {
    const registered = application
      .at('apis')
      .texts()
      .flatMap(({ text }) => openTo.get(text) ?? [])
    const api = registered[0] ?? forAll
    if (api === undefined) return []
    const name = application.at('name')
    return [
      {
        code: 'config.insecure' as const,
        severity: 'warning' as const,
        message: `tokens of any issuer can name application \`${name.text ?? ''}\`: API \`${api.at('name').text ?? ''}\` accepts several`,
        pointer: name.pointer,
        related: [{ pointer: api.at('name').pointer, label: 'accepts tokens of several auth servers' }],
        help: 'add `auth_servers` to the application: whose tokens may name it',
      },
    ]
  })
}
