import { plural } from '../diagnostics/plural.ts'
import { toPrintable } from '../diagnostics/printable.ts'
import type { Settings } from '../settings/model.ts'
import { renderSampleCalls } from './sample-calls.ts'

/** What the start banner tells. */
export interface BannerFacts {
  readonly version: string
  readonly nodeVersion: string
  readonly pid: number
  readonly settings: Settings
  /** What was loaded, as given: `microgateway.yml`. */
  readonly configuration: string
  readonly warnings: number
  readonly listeners: readonly { readonly kind: 'http' | 'https' | 'admin'; readonly url: string }[]
  /** How admin callers prove who they are: `user operator`, `token in /…/admin-token`. */
  readonly adminAccess: string
  /** One word or two of state for each auth server: `issuer`, `3 keys`, `waiting for keys`. */
  readonly authServers: readonly { readonly name: string; readonly state: string; readonly ok: boolean }[]
  readonly readyMs: number
  readonly watching: boolean
  /** The published password that belongs to a hash of our samples; undefined for anybody's own. */
  readonly publishedPassword: (passwordHash: string) => string | undefined
}

/**
 * Writes the start banner, for standard error: who listens where, whose tokens count, which APIs are served, and the calls that
 * show a 401, fetch a token and get a 200, one complete command a line.
 */
export function renderBanner(facts: BannerFacts): string {
  const { settings, listeners } = facts
  const warnings = facts.warnings === 0 ? '' : ` · ${plural(facts.warnings, 'warning')}`
  const lines = [
    `microgateway ${facts.version} · node ${facts.nodeVersion} · pid ${facts.pid}`,
    row('config', `${facts.configuration} · revision ${settings.revision}${warnings}`),
    ...listeners.map(({ kind, url }) => row(kind, kind === 'admin' ? `${url}  (${facts.adminAccess})` : url)),
    ...listAuthServers(facts),
    ...listApis(settings),
    `ready in ${(facts.readyMs / 1000).toFixed(2)} s${facts.watching ? ` · watching ${facts.configuration}` : ''}`,
  ]
  const calls = renderSampleCalls(settings, listeners, facts.publishedPassword)
  if (calls.length > 0) lines.push('', 'try it:', ...calls)
  return `${lines.join('\n')}\n`
}

/** Banners of large configurations stay readable: what is beyond is counted. */
const MAX_ROWS = 20

function listAuthServers({ authServers }: BannerFacts): string[] {
  if (authServers.length === 0) return [row('auth', 'no auth server')]
  const shown = authServers.slice(0, MAX_ROWS).map(({ name, state, ok }) => `${name} ${ok ? '✔' : '…'} ${state}`)
  const more = authServers.length > MAX_ROWS ? [`${authServers.length - MAX_ROWS} more`] : []
  return [row('auth', [...shown, ...more].join(' · '))]
}

function listApis({ apis }: Settings): string[] {
  const shown = apis.slice(0, MAX_ROWS).map(api => row('api', describeApi(api)))
  return apis.length > MAX_ROWS ? [...shown, row('api', `${apis.length - MAX_ROWS} more`)] : shown
}

function describeApi(api: Settings['apis'][number]): string {
  const upstream = api.upstream.kind === 'echo' ? 'builtin:echo' : api.upstream.targets.join(', ')
  const name = api.version === undefined ? api.name : `${api.name} ${api.version}`
  return `${name}  ${api.basePath} → ${upstream}  (${plural(api.routes.length, 'route')}${api.active ? '' : ', not active'})`
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(8)} ${toPrintable(text)}`
}
