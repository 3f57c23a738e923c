import { join } from 'node:path'
import { ADMIN_TOKEN_FILE } from '../admin/admin-token.ts'
import type { AuthServerView } from '../admin/admin-view.ts'
import { plural } from '../diagnostics/plural.ts'
import { renderProblems } from '../diagnostics/render.ts'
import type { Gateway, GatewayOptions, GatewayStart } from '../gateway/gateway.ts'
import type { LogDestination } from '../log/destination.ts'
import type { ReloadStatus } from '../reload/reload-status.ts'
import type { Settings } from '../settings/model.ts'
import type { CommandLine } from './arguments.ts'
import { renderBanner } from './banner.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Output, printError } from './output.ts'

/** What the operator asks of a running gateway by signals (docs/OPERATIONS.md). */
export type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR2'

export interface StartParts {
  readonly start: (options: GatewayOptions) => Promise<GatewayStart>
  readonly options: Omit<GatewayOptions, 'layers' | 'watch'>
  readonly destination: LogDestination
  readonly nodeVersion: string
  readonly pid: number
  /** Milliseconds since the process began. */
  readonly uptimeMs: () => number
  readonly onSignal: (listener: (signal: Signal) => void) => void
  readonly publishedPassword: (passwordHash: string) => string | undefined
}

/**
 * Runs `start` until a signal ends it: the banner and problems go to standard error, log lines to standard output. Exit code 0 after a
 * drain, 78 for a configuration that is not valid, 71 where a port or key is refused, 130 and 131 where it was ended at once.
 */
export async function runStart(line: CommandLine, output: Output, parts: StartParts): Promise<ExitCode> {
  const watch = !line.isSet('no-watch')
  const ending = Promise.withResolvers<ExitCode>()
  let gateway: Gateway | undefined
  let isStopping = false
  parts.onSignal(signal => {
    if (signal === 'SIGQUIT') ending.resolve(EXIT.quit)
    else if (signal === 'SIGHUP') void gateway?.reload('signal')
    else if (signal === 'SIGUSR2') gateway?.logState()
    else if (isStopping && signal === 'SIGINT') ending.resolve(EXIT.interrupted)
    else if (!isStopping) {
      isStopping = true
      if (gateway === undefined) ending.resolve(EXIT.success)
      else void drain(gateway, output).then(ending.resolve)
    }
  })

  const started = await Promise.race([parts.start({ ...parts.options, layers: line.config, watch }), ending.promise])
  if (typeof started === 'number') return started
  if (!started.ok) {
    const { kind, problems, sources } = started.failure
    output.stderr.write(`${renderProblems(problems, sources, { color: output.color.stderr })}\n`)
    printError(output, 'microgateway did not start', 'run `microgateway check` until it is fine')
    return kind === 'configuration' ? EXIT.configuration : EXIT.system
  }
  gateway = started.gateway
  gateway.onReload(status => {
    if (status.result === 'unchanged' && status.reason === 'file') return
    output.stderr.write(`${describeReload(status, output)}\n`)
  })
  await settleBriefly(gateway)
  output.stderr.write(toBanner(gateway, line, watch, output, parts))
  const code = await ending.promise
  await parts.destination.close()
  return code
}

async function drain(gateway: Gateway, output: Output): Promise<ExitCode> {
  output.stderr.write('stopping: no new connections, requests under way are served\n')
  const isComplete = await gateway.stop()
  output.stderr.write(isComplete ? 'stopped\n' : 'stopped: requests were still under way at the end of drain.timeout\n')
  return EXIT.success
}

function toBanner(gateway: Gateway, line: CommandLine, watching: boolean, output: Output, parts: StartParts): string {
  const { problems, sources } = gateway.started
  const settings = gateway.settings()
  const { credentials } = settings.adminApi
  const banner = renderBanner({
    version: parts.options.version,
    nodeVersion: parts.nodeVersion,
    pid: parts.pid,
    settings,
    configuration: line.config.join(', '),
    warnings: problems.length,
    listeners: gateway.view.listeners(),
    adminAccess: credentials === undefined ? describeTokenAccess(gateway, settings) : `user ${credentials.user}`,
    authServers: gateway.view.authServers().map(describeAuthServer),
    readyMs: parts.uptimeMs(),
    watching,
    publishedPassword: parts.publishedPassword,
  })
  const warnings = problems.length === 0 ? '' : `${renderProblems(problems, sources, { color: output.color.stderr })}\n`
  return warnings + banner
}

function describeTokenAccess({ hasAdminToken }: Gateway, { stateDir }: Settings): string {
  return hasAdminToken ? `token in ${join(stateDir, ADMIN_TOKEN_FILE)}` : 'no token could be kept: only /health answers'
}

function describeAuthServer({ name, keys }: AuthServerView): { name: string; state: string; ok: boolean } {
  if (keys.keys > 0) return { name, ok: true, state: keys.origin === 'own' ? 'issuer' : plural(keys.keys, 'key') }
  if (!keys.settled) return { name, ok: false, state: 'waiting for keys' }
  return { name, ok: false, state: keys.lastFailure === undefined ? 'no keys' : `no keys: ${keys.lastFailure}` }
}

/** Longest that the banner waits for keys that are on their way. */
const SETTLE_MS = 250

/** Gives key sets a moment to arrive, so that the banner tells what will be true: nobody else waits for this. */
async function settleBriefly(gateway: Gateway): Promise<void> {
  await gateway.keysSettled(SETTLE_MS)
}

function describeReload(status: ReloadStatus, output: Output): string {
  const { result, revision, problems, sources, durationMs } = status
  const frames = problems.length === 0 ? '' : `${renderProblems(problems, sources, { color: output.color.stderr })}\n`
  if (result === 'unchanged') return `nothing changed, still on ${revision}`
  if (result === 'applied') return `${frames}reloaded, now on ${revision} (${Math.round(durationMs)} ms)`
  const errors = problems.filter(({ severity }) => severity === 'error').length
  return `${frames}reload refused, still on ${revision}: ${plural(errors, 'error')}`
}
