import { plural } from '../diagnostics/plural.ts'
import { toPrintable } from '../diagnostics/printable.ts'
import type { LoadResult } from '../settings/load.ts'
import type { AdminApiSettings, ListenAddress } from '../settings/model.ts'
import { parseDuration } from '../settings/units.ts'
import type { CommandLine } from './arguments.ts'
import type { AskAdmin } from './ask-admin.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { readinessUrl } from './healthcheck.ts'
import { type Output, printError, printJson, printProblems } from './output.ts'

export interface KeysParts {
  readonly load: (layers: readonly string[]) => Promise<LoadResult>
  readonly ask: AskAdmin
  readonly readAuthorization: (adminApi: AdminApiSettings, stateDir: string) => Promise<string | undefined>
}

const DEFAULT_TIMEOUT = '10s'

/**
 * Runs `keys [refresh]`: asks the running gateway for the keys of its auth servers, or to fetch them now. Exit code 0; 1 where a fetch
 * failed, the auth server does not exist or the gateway lets nobody in; 69 where it cannot be reached; 78 without a configuration.
 */
export async function runKeys(line: CommandLine, output: Output, parts: KeysParts): Promise<ExitCode> {
  const [action] = line.positionals
  const timeout = parseDuration(line.text('timeout') ?? DEFAULT_TIMEOUT)
  const url = line.text('url')
  if (action !== undefined && action !== 'refresh') return refuseUsage(output, '`keys` has one action: `refresh`')
  if (!timeout.ok) return refuseUsage(output, '`--timeout` is not a duration')
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    return refuseUsage(output, '`--url` is not an http(s) URL')
  const loaded = await parts.load(line.config)
  const { settings } = loaded
  if (settings === undefined) {
    printProblems(output, loaded)
    return EXIT.configuration
  }
  const authServer = line.text('auth-server')
  const page = new URL(
    `${settings.adminApi.path}/keys${action === undefined ? '' : '/refresh'}`,
    url ?? baseOf(settings.ports.admin),
  )
  const question = {
    url: page.href,
    authorization: await parts.readAuthorization(settings.adminApi, settings.stateDir),
    timeoutMs: timeout.value,
  }
  try {
    const answer =
      action === undefined
        ? await parts.ask({ ...question, method: 'GET' })
        : await parts.ask({ ...question, method: 'POST', body: authServer === undefined ? {} : { authServer } })
    return tell(answer, action, authServer, output)
  } catch {
    printError(output, `no answer from ${page.origin}`)
    return EXIT.unavailable
  }
}

function refuseUsage(output: Output, message: string): ExitCode {
  printError(output, message)
  return EXIT.usage
}

function baseOf(address: ListenAddress): string {
  return new URL(readinessUrl(address)).origin
}

function tell(
  answer: { readonly status: number; readonly body: string },
  action: 'refresh' | undefined | string,
  authServer: string | undefined,
  output: Output,
): ExitCode {
  if (answer.status === 401) {
    printError(
      output,
      'the gateway does not let us in',
      'run this where its `state_dir` can be read, or set `admin_api`',
    )
    return EXIT.notFine
  }
  const listed = answer.status === 200 ? readServers(answer.body) : undefined
  const servers = listed?.filter(({ name }) => authServer === undefined || name === authServer) ?? []
  if (answer.status === 404 || (listed !== undefined && authServer !== undefined && servers.length === 0)) {
    printError(output, authServer === undefined ? 'this gateway has no keys page' : 'there is no such auth server')
    return EXIT.notFine
  }
  if (listed === undefined) {
    printError(output, `the gateway answered with status ${answer.status}`)
    return EXIT.notFine
  }
  if (output.json) printJson(output.stdout, { auth_servers: servers })
  else output.stdout.write(servers.map(action === undefined ? renderKeys : renderRefresh).join(''))
  return servers.some(({ result }) => result === 'failed') ? EXIT.notFine : EXIT.success
}

type Row = Readonly<Record<string, unknown>>

function readServers(body: string): readonly Row[] | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    const servers = isRow(parsed) ? parsed['auth_servers'] : undefined
    return Array.isArray(servers) ? servers.filter(isRow) : undefined
  } catch {
    return undefined
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function renderKeys(server: Row): string {
  const keys = rowsOf(server['keys'])
  const facts = [
    plural(keys.length, 'key'),
    server['age_seconds'] === undefined ? '' : `${text(server['age_seconds'])} s old`,
    server['from_disk'] === true ? 'from disk' : '',
    server['stale'] === true ? 'stale' : '',
    server['last_failure'] === undefined ? '' : `last fetch failed: ${text(server['last_failure'])}`,
    server['next_attempt'] === undefined ? '' : `next fetch ${text(server['next_attempt'])}`,
  ]
  const lines = [
    `${text(server['name'])} (${text(server['key_origin'])}): ${facts.filter(fact => fact !== '').join(', ')}`,
    ...keys.map(
      key => `  ${nameOf(key)}  first seen ${orNever(key['first_seen'])}, last used ${orNever(key['last_used'])}`,
    ),
    ...rowsOf(server['departed']).map(
      key => `  ${nameOf(key)}  left ${text(key['left'])}, last used ${orNever(key['last_used'])}`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

function renderRefresh(server: Row): string {
  const result = text(server['result']).replaceAll('_', ' ')
  const reason = server['reason'] === undefined ? '' : `: ${text(server['reason'])}`
  const change = `${text(server['added'])} new, ${text(server['removed'])} gone`
  return `${text(server['name'])}: ${result}${reason}; ${plural(Number(server['keys'] ?? 0), 'key')}, ${change}\n`
}

function rowsOf(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter(isRow) : []
}

function nameOf(key: Row): string {
  const algorithms = Array.isArray(key['algorithms']) ? ` ${text(key['algorithms'].join(' '))}` : ''
  return `${text(key['kid'] ?? key['thumbprint'])}${algorithms}`
}

function orNever(value: unknown): string {
  return value === undefined ? 'never' : text(value)
}

function text(value: unknown): string {
  return toPrintable(String(value ?? ''))
}
