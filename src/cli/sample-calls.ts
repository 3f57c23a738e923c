import { isIssuing } from '../issuer/issuer.ts'
import { USER_TOKEN_PATH } from '../issuer/token-endpoint.ts'
import { isLoopbackHost } from '../message/loopback.ts'
import type { ApiSettings, ApplicationSettings, RouteSettings, Settings, UserSettings } from '../settings/model.ts'

interface ListenerFacts {
  readonly kind: 'http' | 'https' | 'admin'
  readonly url: string
}

/** One protected resource that can be asked for with a GET. */
interface Example {
  readonly api: ApiSettings
  readonly route: RouteSettings
  /** Whether the caller must be a known application. */
  readonly needsApplication: boolean
}

/**
 * Writes the calls that show the gateway at work: a 401, a token, a 200. Each is one complete command for a POSIX shell with curl
 * and sed. Only the first one where nobody can be given a token here; none where there is nothing to show.
 */
export function renderSampleCalls(
  settings: Settings,
  listeners: readonly ListenerFacts[],
  publishedPassword: (passwordHash: string) => string | undefined,
): string[] {
  const example = findExample(settings)
  const origin = findOrigin(listeners, settings.issuingRequiresHttps)
  if (example === undefined || origin === undefined) return []
  const target = `${hostOption(example.api, origin)}${quote(`${origin}${examplePath(example)}`)}`
  const refused = `curl -i${insecureOption(origin)} ${target}`

  const caller = findCaller(settings, example)
  if (caller === undefined) return [refused]
  const password = publishedPassword(caller.user.passwordHash)
  // Without a password curl asks for it, which is as good as a line can be where the password is the operator's secret.
  const user = quote(password === undefined ? caller.user.name : `${caller.user.name}:${password}`)
  const query = caller.application === undefined ? '' : `?app_id=${encodeURIComponent(caller.application.id)}`
  const tokenUrl = quote(`${origin}${USER_TOKEN_PATH}${query}`)
  return [
    refused,
    `TOKEN=$(curl -s${insecureOption(origin)} -u ${user} ${tokenUrl} | sed 's/.*"jwt":"\\([^"]*\\)".*/\\1/')`,
    `curl -i${insecureOption(origin)} -H "Authorization: Bearer $TOKEN" ${target}`,
  ]
}

function findExample(settings: Settings): Example | undefined {
  const own = new Set(settings.authServers.filter(isIssuing).map(({ name }) => name))
  const examples = settings.apis
    .filter(({ active }) => active)
    .flatMap(api => api.routes.map(route => judgeRoute(api, route, own)))
  const usable = examples.filter(example => example !== undefined)
  return usable.find(({ needsApplication }) => !needsApplication) ?? usable[0]
}

function judgeRoute(api: ApiSettings, route: RouteSettings, own: ReadonlySet<string>): Example | undefined {
  const { policies, match } = route
  const rules = policies.identifyAndAuthorize
  if (rules === undefined || rules.allowAnonymous || !['GET', 'ANY'].includes(match.method)) return undefined
  if (policies.requireScopes.length > 0 || policies.require.length > 0) return undefined
  if (rules.condition === 'and' && rules.rules.length > 1) return undefined
  const rule = rules.rules.find(each => each.kind === 'jwt' && each.authServers.some(name => own.has(name)))
  if (rule === undefined) return undefined
  return { api, route, needsApplication: rule.applications === 'registered' || rule.applications === 'global' }
}

/** A user whom the token endpoint serves, on behalf of an application of the API where one is needed. */
function findCaller(
  settings: Settings,
  { api, needsApplication }: Example,
): { readonly user: UserSettings; readonly application: ApplicationSettings | undefined } | undefined {
  if (!needsApplication) {
    const [user] = settings.users
    return user === undefined ? undefined : { user, application: undefined }
  }
  for (const application of settings.applications) {
    if (application.suspended || !application.apis.includes(api.name)) continue
    const user = settings.users.find(({ name }) => application.identifiers.users.includes(name))
    if (user !== undefined) return { user, application }
  }
  return undefined
}

function findOrigin(listeners: readonly ListenerFacts[], issuingRequiresHttps: boolean): string | undefined {
  const kinds: readonly ListenerFacts['kind'][] = issuingRequiresHttps ? ['https'] : ['http', 'https']
  const found = kinds.map(kind => listeners.find(listener => listener.kind === kind)).find(each => each !== undefined)
  if (found === undefined) return undefined
  const url = new URL(found.url)
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  if (url.hostname === '[::]') url.hostname = '[::1]'
  return url.origin
}

/** The API may listen to names only; then the one it wants is sent whatever address is called. */
function hostOption(api: ApiSettings, origin: string): string {
  const { hostname } = new URL(origin)
  if (api.hosts.length === 0 || api.hosts.includes(hostname)) return ''
  const host = api.hosts[0] ?? hostname
  return `-H ${quote(`Host: ${host.startsWith('*.') ? `www${host.slice(1)}` : host}`)} `
}

/** A certificate for a public name is not valid for a loopback address; only there curl is told not to mind. */
function insecureOption(origin: string): string {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' && isLoopbackHost(hostname) ? ' -k' : ''
}

/** A path that the route's template matches. */
function examplePath({ api, route }: Example): string {
  const path = route.match.path.replace(/\/\*$/, '').replaceAll(/\{[^}]*\}/g, '1')
  return `${api.basePath === '/' ? '' : api.basePath}${path}` || '/'
}

/** Quotes for a POSIX shell. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
