/**
 * The composition root: makes every room once, connects them, and offers start, reload and stop. Two gateways can live in one process.
 * It decides nothing that a room decides, reads no environment and touches no `process`; `cli/start.ts` and tests call it.
 */
import { readFile } from 'node:fs/promises'
import { createSystemClock } from '../clock/clock.ts'
import { createSystemSchedule } from '../clock/schedule.ts'
import type { Finding, Problem } from '../diagnostics/problem.ts'
import { createExpressionCompiler } from '../expressions/expression.ts'
import { createLogger } from '../log/pino-logger.ts'
import { Counters } from '../metrics/counters.ts'
import { createDocumentFetcher } from '../outbound/fetch-document.ts'
import { resolveHostName } from '../outbound/resolve-host-name.ts'
import { type LoadResult, loadSettings } from '../settings/load.ts'
import { loadSchema } from '../settings/schema.ts'
import { type CompileParts, compileSnapshot } from '../snapshot/compile.ts'
import { createLedger } from '../snapshot/ledger.ts'
import { createStore } from '../state/store.ts'
import { createVerifiedTokenCache } from '../tokens/verified-cache.ts'
import { openAdminAccess } from './admin-access.ts'
import { refuseExposedSecrets } from './exposed-secrets.ts'
import type { GatewayOptions, GatewayStart, StartFailure } from './gateway.ts'
import { RunningGateway } from './running-gateway.ts'

/** Starts a gateway; resolves when its listeners accept, or with everything that stands in the way. */
export async function startGateway(options: GatewayOptions): Promise<GatewayStart> {
  const clock = options.clock ?? createSystemClock()
  const at = clock.now()
  const startedAt = clock.monotonic()
  const expressions = createExpressionCompiler()
  const schema = loadSchema()
  const load = async (): Promise<LoadResult> => {
    const { layers, cwd, environment } = options
    const checkExpression = (text: string) => expressions.check(text)
    return refuseExposedSecrets(
      await loadSettings({ layers, cwd, environment, checkExpression, nowMs: clock.now(), schema }),
    )
  }
  const loaded = await load()
  const { settings } = loaded
  if (settings === undefined) return fail('configuration', loaded, [])

  const logger = createLogger(settings.logging, options.destination, clock)
  const parts: CompileParts = {
    clock,
    schedule: createSystemSchedule(),
    logger,
    ledger: createLedger(),
    counters: new Counters(),
    tokenCache: createVerifiedTokenCache(),
    expressions,
    fetchDocument: createDocumentFetcher(),
    resolveHostName,
    readFile: path => readFile(path, 'utf8'),
    store: createStore(settings.stateDir),
    mayGenerateKeys: true,
  }
  const compiled = await compileSnapshot(settings, parts)
  if (!compiled.ok) return fail('system', loaded, compiled.error)

  const { snapshot, warnings } = compiled.value
  const admin = await openAdminAccess(settings, parts.store)
  const gateway = new RunningGateway(options, parts, snapshot, { adminToken: admin.token, logger, load })
  const opened = await gateway.openListeners(settings)
  if (!opened.ok) {
    await gateway.abandon()
    return fail('system', loaded, opened.error)
  }
  opened.value.commit()
  const findings = [...warnings, ...admin.findings]
  gateway.begin(
    {
      result: 'applied',
      reason: 'start',
      at,
      durationMs: clock.monotonic() - startedAt,
      revision: settings.revision,
      problems: [...loaded.problems, ...loaded.locate(findings)],
      sources: loaded.sources,
    },
    findings,
    loaded.watched,
  )
  return { ok: true, gateway }
}

function fail(kind: StartFailure['kind'], loaded: LoadResult, findings: readonly Finding[]): GatewayStart {
  const problems: readonly Problem[] = [...loaded.problems, ...loaded.locate(findings)]
  return { ok: false, failure: { kind, problems, sources: loaded.sources } }
}
