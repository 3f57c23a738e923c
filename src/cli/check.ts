import type { Clock } from '../clock/clock.ts'
import { problemsToJson } from '../diagnostics/json.ts'
import { plural } from '../diagnostics/plural.ts'
import type { Finding, Problem } from '../diagnostics/problem.ts'
import { renderCount } from '../diagnostics/render.ts'
import { findExpiring } from '../keys/certificate-expiry.ts'
import { importJwks } from '../keys/jwks.ts'
import { listWantedListeners } from '../server/wanted-listeners.ts'
import type { LoadResult } from '../settings/load.ts'
import type { AuthServerSettings, Settings } from '../settings/model.ts'
import { resolveUpstreamTls } from '../snapshot/compile.ts'
import { openOwnKey } from '../snapshot/compile-auth-servers.ts'
import { findConflicts } from '../snapshot/conflicts.ts'
import { findUnopenable } from '../snapshot/survivors.ts'
import { createStore } from '../state/store.ts'
import type { CommandLine } from './arguments.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Output, printJson, printProblems } from './output.ts'
import { openSettingsStores } from './settings-stores.ts'

export interface CheckParts {
  readonly load: (layers: readonly string[]) => Promise<LoadResult>
  readonly readFile: (path: string) => Promise<string>
  readonly clock: Clock
}

/**
 * Runs `check`: tells everything that is wrong with a configuration, and what it will warn about, without writing anything or asking
 * anybody. Exit code 0 if a gateway would start with it, 1 if not.
 */
export async function runCheck(line: CommandLine, output: Output, parts: CheckParts): Promise<ExitCode> {
  const named = [...line.texts('config'), ...line.positionals]
  const layers = named.length > 0 ? named : line.config
  const loaded = await parts.load(layers)
  const findings = loaded.settings === undefined ? [] : await inspect(loaded.settings, parts)
  const problems = [...loaded.problems, ...loaded.locate(findings)]
  const errors = problems.filter(({ severity }) => severity === 'error').length
  if (output.json) {
    printJson(output.stdout, {
      ok: errors === 0,
      revision: loaded.settings?.revision,
      problems: problemsToJson(problems),
    })
  } else {
    printProblems(output, { problems, sources: loaded.sources })
    output.stdout.write(`${summarize(layers.join(', '), problems, loaded.settings)}\n`)
  }
  return errors === 0 ? EXIT.success : EXIT.notFine
}

/** Looks at what only compiling would find: keys, certificates, routes that hide each other, applications that tie. */
async function inspect(settings: Settings, parts: CheckParts): Promise<readonly Finding[]> {
  const findings: Finding[] = [...findConflicts(settings)]
  const store = createStore(settings.stateDir)
  const opened = await openSettingsStores(settings)
  if (!opened.ok) return [...findings, ...opened.error]
  const stores = opened.value
  for (const server of settings.authServers) {
    const own = await openOwnKey(server, settings, stores, { store, mayGenerateKeys: false })
    if (!own.ok) findings.push(own.error)
    findings.push(...findUnopenable(server, stores))
    findings.push(...(await inspectJwksFile(server, parts)))
  }
  const upstreams = resolveUpstreamTls(settings.apis, stores)
  if (!upstreams.ok) findings.push(...upstreams.error)
  const listeners = listWantedListeners(settings, stores)
  if (!listeners.ok) findings.push(listeners.error)
  return [...findings, ...findExpiring(stores.inUse(), settings, parts.clock.now())]
}

/** A file of keys that the gateway uses none of: a warning, as the auth server's tokens get 503. */
async function inspectJwksFile({ keys }: AuthServerSettings, { readFile }: CheckParts): Promise<readonly Finding[]> {
  if (keys.kind !== 'jwksFile') return []
  const imported = importJwks(JSON.parse(await readFile(keys.file)))
  const [dropped] = imported.dropped
  if (imported.keys.length > 0 || dropped === undefined) return []
  const message = `\`jwks_file\` names a JWK Set without a key that can be used (${dropped.reason})`
  return [{ code: 'config.unusable', severity: 'warning', message, pointer: keys.pointer, help: 'replace it' }]
}

function summarize(name: string, problems: readonly Problem[], settings: Settings | undefined): string {
  const counts = renderCount(problems)
  const first = problems.find(({ severity }) => severity === 'error') ?? problems[0]
  const more = first === undefined ? '' : ` · more on a code: microgateway help ${first.code}`
  if (settings === undefined || problems.some(({ severity }) => severity === 'error'))
    return `${name}: ${counts}${more}`
  const routes = settings.apis.reduce((sum, api) => sum + api.routes.length, 0)
  const held = [
    plural(settings.apis.length, 'API'),
    plural(routes, 'route'),
    plural(settings.authServers.length, 'auth server'),
    plural(settings.applications.length, 'application'),
  ]
  return `✔ ${name} is fine: ${held.join(', ')}; ${counts}${more}`
}
