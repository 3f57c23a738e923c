import type { Finding } from '../diagnostics/problem.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import { isMisspelled } from './misspelled.ts'
import {
  effectiveIdentification,
  type IdentificationEntry,
  identificationAt,
  type PolicyEntry,
  policiesOf,
  type RuleEntry,
} from './policy-entries.ts'

/** Rules that read the one `Authorization` field. */
const READ_AUTHORIZATION: ReadonlySet<string> = new Set(['jwt', 'oauth2', 'http_basic'])
/** Rules that identify by the application alone: without one they say nothing. */
const NEED_APPLICATION: ReadonlySet<string> = new Set(['api_key', 'host_name', 'ip_range'])
/** Fields that mean something else already. */
const TAKEN_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'dpop',
  'expect',
  'forwarded',
  'host',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])

/** Judges what product.md section 4 says about Identify & Authorize: openness, contradictions, rules that cannot hold. */
export function checkIdentification(inspection: Inspection): readonly Finding[] {
  return inspection.apis.flatMap(api => {
    const routes = api.at('routes').items()
    return [
      ...[api, ...routes].flatMap(owner => checkLevel(owner)),
      ...checkOpenness(api, routes),
      ...routes.flatMap(route => checkScopesCanBeMet(api, route)),
      ...checkRegistered(api, routes, inspection.applicationsByApi),
    ]
  })
}

/** Judges one level, an API or a route, by itself. */
function checkLevel(owner: Cursor): readonly Finding[] {
  const identification = identificationAt(owner)
  const findings: Finding[] = [...checkTwice(policiesOf(owner))]
  if (identification === undefined) return findings
  if (owner.at('open').value === true) {
    findings.push({
      code: 'config.conflict',
      severity: 'error',
      message: '`open: true` stands beside an Identify & Authorize rule',
      pointer: owner.at('open').pointer,
      related: [{ pointer: identification.pointer, label: 'this asks who is calling', atKey: true }],
      help: 'take one of the two out',
    })
  }
  return [...findings, ...identification.rules.flatMap(checkRule), ...checkOneAuthorization(identification)]
}

/** `require` and `require_scopes` add up; of the other kinds a list holds one. */
function checkTwice(policies: readonly PolicyEntry[]): readonly Finding[] {
  const first = new Map<string, PolicyEntry>()
  return policies.flatMap(policy => {
    const kind = policy.kind === 'jwt' ? 'identify_and_authorize' : policy.kind
    const before = first.get(kind)
    first.set(kind, before ?? policy)
    if (before === undefined || kind === 'require' || kind === 'require_scopes') return []
    const isRule = kind === 'identify_and_authorize'
    return [
      {
        code: 'config.duplicate' as const,
        severity: 'error' as const,
        message: isRule ? 'two Identify & Authorize policies in one list' : `\`${kind}\` stands twice in one list`,
        pointer: policy.body.pointer,
        atKey: true,
        related: [{ pointer: before.body.pointer, label: 'first here', atKey: true }],
        help: isRule ? 'make one `identify_and_authorize` of them with a rule for each' : 'take one of them out',
      },
    ]
  })
}

function checkRule({ kind, body, lookup, pointer }: RuleEntry): readonly Finding[] {
  const findings: Finding[] = []
  if (lookup === 'none' && NEED_APPLICATION.has(kind)) {
    findings.push({
      code: 'config.conflict',
      severity: 'error',
      message: `\`applications: none\` is not possible for \`${kind}\`: the application is all that it finds`,
      pointer: `${pointer}/applications`,
      help: 'write `registered`, `global` or `global_or_default`',
    })
  }
  const header = body.at('header')
  if (kind === 'api_key' && header.text !== undefined && TAKEN_FIELDS.has(header.text.toLowerCase())) {
    findings.push({
      code: 'config.conflict',
      severity: 'error',
      message: `an API key cannot travel in \`${header.text}\`: the field has a meaning of its own`,
      pointer: header.pointer,
      help: 'name another field; `x-gateway-apikey` is the default',
    })
  }
  return findings
}

function checkOneAuthorization({ condition, rules }: IdentificationEntry): readonly Finding[] {
  const [first, second] = rules.filter(({ kind }) => READ_AUTHORIZATION.has(kind))
  if (condition !== 'and' || first === undefined || second === undefined) return []
  return [
    {
      code: 'config.conflict',
      severity: 'error',
      message: `\`${first.kind}\` and \`${second.kind}\` both need the one \`Authorization\` field: \`condition: and\` can never hold`,
      pointer: second.body.pointer,
      atKey: true,
      related: [{ pointer: first.body.pointer, label: 'this one needs it, too', atKey: true }],
      help: 'write `condition: or`, or take one of the two out',
    },
  ]
}

/** Without a rule, a route must say that it is open. */
function checkOpenness(api: Cursor, routes: readonly Cursor[]): readonly Finding[] {
  // What an API in another form, or a misspelled key, would say is not known.
  if (api.keys().length === 0 || isUnclear(api)) return []
  const unguarded = routes.filter(route => effectiveIdentification(api, route) === undefined && !isUnclear(route))
  const isWholeApi = unguarded.length === routes.length && effectiveIdentification(api, undefined) === undefined
  const places = isWholeApi ? [api.at('name')] : unguarded.map(route => route.at('match'))
  const findings: Finding[] = places.map(place => ({
    code: 'config.required',
    severity: 'error',
    message: isWholeApi
      ? `${place.isPresent ? `API \`${place.text ?? ''}\`` : 'this API'} has no Identify & Authorize rule: everybody could call it`
      : `route \`${place.text ?? ''}\` has no Identify & Authorize rule: everybody could call it`,
    pointer: place.pointer,
    help: 'add one to `policies`, as in `- jwt: NAME_OF_AUTH_SERVER`, or say `open: true` if that is meant',
  }))
  for (const owner of [api, ...routes]) {
    const anonymous = policiesOf(owner).find(({ kind }) => kind === 'allow_anonymous')
    const inForce = effectiveIdentification(api, owner === api ? undefined : owner)
    if (anonymous === undefined || inForce !== 'open') continue
    findings.push({
      code: 'config.conflict',
      severity: 'warning',
      message: '`allow_anonymous` has no effect: nobody is identified here',
      pointer: anonymous.body.pointer,
      atKey: true,
      help: 'take it out: `open: true` is in force',
    })
  }
  return findings
}

/** Tells whether a mistake in its form, which is told by itself, hides whether an API or a route is open. */
function isUnclear(owner: Cursor): boolean {
  const open = owner.at('open')
  return (open.isPresent && typeof open.value !== 'boolean') || isMisspelled(owner, ['open', 'policies'])
}

/** Scopes come with a token: where none is read, nobody can have them. */
function checkScopesCanBeMet(api: Cursor, route: Cursor): readonly Finding[] {
  const identification = effectiveIdentification(api, route)
  if (identification === undefined) return []
  const rules = identification === 'open' ? [] : identification.rules
  if (rules.some(({ kind }) => kind === 'jwt' || kind === 'oauth2')) return []
  const demands = [...policiesOf(api), ...policiesOf(route)]
  const scopes = demands.find(({ kind }) => kind === 'require_scopes')
  if (scopes === undefined) return []
  return [
    {
      code: 'config.conflict',
      severity: 'warning',
      message: '`require_scopes` can never be met: no rule reads a token here',
      pointer: scopes.body.pointer,
      atKey: true,
      related: [{ pointer: route.at('match').pointer, label: 'on this route' }],
      help: 'add a `jwt` rule, or take the scopes out',
    },
  ]
}

function checkRegistered(
  api: Cursor,
  routes: readonly Cursor[],
  registered: Inspection['applicationsByApi'],
): readonly Finding[] {
  const name = api.at('name').text
  if (name === undefined || registered.has(name)) return []
  const rules = [api, ...routes].flatMap(owner => identificationAt(owner)?.rules ?? [])
  const rule = rules.find(({ lookup }) => lookup === 'registered')
  if (rule === undefined) return []
  return [
    {
      code: 'config.unusable',
      severity: 'warning',
      message: `no application is registered for API \`${name}\`: this rule lets nobody through`,
      pointer: rule.pointer,
      help: `list \`${name}\` under \`apis\` of an application, or write \`applications: global\` or \`none\``,
    },
  ]
}
