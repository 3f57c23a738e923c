import { toPrintable } from '../diagnostics/printable.ts'
import { parsePointInTime } from '../settings/point-in-time.ts'
import { parseDuration } from '../settings/units.ts'
import type { CommandLine } from './arguments.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { readinessUrl } from './healthcheck.ts'
import type { KeysParts } from './keys.ts'
import { type Output, printError, printJson, printProblems } from './output.ts'

/** The same as other commands that ask the admin port. */
export type RevokeParts = KeysParts

const DEFAULT_TIMEOUT = '10s'
type Entry = Readonly<Record<string, string | number | boolean>>

/**
 * Runs `revoke`: has the running gateway refuse a token, or all that have a claim and were issued before a time. Exit code 0 once it is on
 * the gateway's disk; 1 where the gateway refuses; 69 where it cannot be reached; 78 without a configuration.
 */
export async function runRevoke(line: CommandLine, output: Output, parts: RevokeParts): Promise<ExitCode> {
  const entry = readEntry(line)
  const timeout = parseDuration(line.text('timeout') ?? DEFAULT_TIMEOUT)
  const url = line.text('url')
  if (typeof entry === 'string') return refuseUsage(output, entry)
  if (!timeout.ok) return refuseUsage(output, '`--timeout` is not a duration')
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    return refuseUsage(output, '`--url` is not an http(s) URL')
  const loaded = await parts.load(line.config)
  const { settings } = loaded
  if (settings === undefined) {
    printProblems(output, loaded)
    return EXIT.configuration
  }
  const page = new URL(`${settings.adminApi.path}/revocations`, url ?? readinessUrl(settings.ports.admin))
  const authorization = await parts.readAuthorization(settings.adminApi, settings.stateDir)
  try {
    const answer = await parts.ask({
      method: 'POST',
      url: page.href,
      authorization,
      body: entry,
      timeoutMs: timeout.value,
    })
    return tell(answer, output)
  } catch {
    printError(output, `no answer from ${page.origin}`)
    return EXIT.unavailable
  }
}

/** Reads the entry out of the options; a sentence where they do not make one. The gateway judges the rest. */
function readEntry(line: CommandLine): Entry | string {
  const authServer = line.text('auth-server')
  const jti = line.text('jti')
  const claims = line.texts('claim')
  const [claim] = claims
  const before = line.text('before')
  const until = line.text('until')
  if (authServer === undefined) return '`--auth-server` is missing'
  if ((jti === undefined) === (claim === undefined)) return 'give either `--jti`, or `--claim` and `--before`'
  if (claims.length > 1) return '`--claim` may be given once'
  if ((claim === undefined) !== (before === undefined)) return '`--claim` and `--before` go together'
  for (const [name, text] of [
    ['before', before],
    ['until', until],
  ] as const)
    if (text !== undefined && !parsePointInTime(text).ok)
      return `\`--${name}\` is not a time as in 2026-11-22T10:00:00Z`
  const common = { auth_server: authServer, ...(until !== undefined && { until }) }
  if (jti !== undefined) return { ...common, jti }
  const at = (claim ?? '').indexOf('=')
  if (at < 1) return '`--claim` is NAME=VALUE'
  return {
    ...common,
    claim: (claim ?? '').slice(0, at),
    value: toValue((claim ?? '').slice(at + 1)),
    before: before ?? '',
  }
}

/** A number or a truth value where it reads as one, as with `token new --claim`; in quotes it is text. */
function toValue(text: string): string | number | boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : text
  } catch {
    return text
  }
}

function tell({ status, body }: { readonly status: number; readonly body: string }, output: Output): ExitCode {
  const answer = readObject(body)
  if (status === 200 || status === 201) {
    if (output.json) printJson(output.stdout, answer)
    else output.stdout.write(`revoked: ${describe(answer)}\n`)
    return EXIT.success
  }
  if (status === 401)
    printError(
      output,
      'the gateway does not let us in',
      'run this where its `state_dir` can be read, or set `admin_api`',
    )
  else
    printError(
      output,
      toPrintable(String(answer['detail'] ?? answer['title'] ?? `the gateway answered with status ${status}`)),
    )
  return EXIT.notFine
}

/** Says what kind of value counts: the text `7` and the number 7 are not the same in a token. */
function describe(answer: Readonly<Record<string, unknown>>): string {
  const text = (name: string): string => toPrintable(String(answer[name] ?? ''))
  const { value } = answer
  const kind = typeof value === 'string' ? '' : `, a ${typeof value}; the text is ${text('claim')}='"${text('value')}"'`
  return answer['claim'] === undefined
    ? `jti ${text('jti')} of ${text('issuer')}`
    : `${text('claim')} = ${text('value')}${kind}, before ${text('before')}, of ${text('issuer')}`
}

function readObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function refuseUsage(output: Output, message: string): ExitCode {
  printError(output, message, 'run `microgateway revoke --help`')
  return EXIT.usage
}
