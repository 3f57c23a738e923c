/**
 * The composition root: makes every room once, connects them, and offers start, reload and stop. Two gateways can live in one process.
 * It decides nothing that a room decides, reads no environment and touches no `process`; `cli/start.ts` and tests call it.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSystemClock } from '../clock/clock.ts'
import { createGuardedSchedule } from '../clock/guarded-schedule.ts'
import { createSystemSchedule } from '../clock/schedule.ts'
import type { Finding, Problem } from '../diagnostics/problem.ts'
import { createExpressionCompiler } from '../expressions/expression.ts'
import { createKeyCopies } from '../keys/key-copies.ts'
import { createSharedFetch } from '../keys/shared-fetch.ts'
import { createLogger } from '../log/pino-logger.ts'
import { createUnfailingDestination } from '../log/unfailing-destination.ts'
import { toPseudonym } from '../message/via.ts'
import { Counters } from '../metrics/counters.ts'
import { createDocumentFetcher } from '../outbound/fetch-document.ts'
import { readProxyRules } from '../outbound/proxy-rules.ts'
import { resolveHostName } from '../outbound/resolve-host-name.ts'
import { createProofMemory } from '../policies/proof-of-possession.ts'
import { type LoadResult, loadSettings } from '../settings/load.ts'
import { loadSchema } from '../settings/schema.ts'
import { type CompileParts, compileSnapshot } from '../snapshot/compile.ts'
import { createLedger } from '../snapshot/ledger.ts'
import { createStore } from '../state/store.ts'
import { openKeptRevocations } from '../tokens/kept-revocations.ts'
import { createVerifiedTokenCache } from '../tokens/verified-cache.ts'
import { openAdminAccess } from './admin-access.ts'
import { refuseExposedSecrets } from './exposed-secrets.ts'
import type { GatewayOptions, GatewayStart, StartFailure } from './gateway.ts'
import { RunningGateway } from './running-gateway.ts'

/** Starts a gateway; resolves when its listeners accept, or with everything that stands in the way. */
export async function startGateway(given: GatewayOptions): Promise<GatewayStart> {
  const options = { ...given, destination: createUnfailingDestination(given.destination) }
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
  const counters = new Counters()
  const proxies = readProxyRules(options.environment)
  const schedule = createGuardedSchedule(createSystemSchedule(), err => {
    counters.defects += 1
    logger.error({ err }, 'what was to be done later failed: this is a defect of the gateway')
  })
  const store = createStore(settings.stateDir)
  const kept = await openKeptRevocations({ clock, store })
  if (!kept.ok) return fail('system', loaded, [toRevocationsFinding(kept.error)])
  const parts: CompileParts = {
    clock,
    schedule,
    logger,
    ledger: createLedger(),
    counters,
    pseudonym: toPseudonym(randomBytes(8).toString('hex')),
    tokenCache: createVerifiedTokenCache({ maxEntries: settings.limits.maxCachedTokens }),
    keptRevocations: kept.value,
    proofs: createProofMemory(settings.limits.maxDpopProofs),
    expressions,
    fetchDocument: createDocumentFetcher({ proxies }),
    proxies,
    sharedFetch: createSharedFetch(clock),
    keyCopies: createKeyCopies(store, { mayWrite: true }),
    resolveHostName,
    readFile: path => readFile(path, 'utf8'),
    readBytes: path => readFile(path),
    store,
    mayGenerateKeys: true,
  }
  const compiled = await compileSnapshot(settings, parts)
  if (!compiled.ok) return fail('system', loaded, compiled.error)

  const { snapshot, stores, warnings } = compiled.value
  const admin = await openAdminAccess(settings, parts.store)
  const gateway = new RunningGateway(options, parts, snapshot, { adminToken: admin.token, logger, load })
  const opened = await gateway.openListeners(settings, stores)
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

/** Without the list everybody whom operators have shut out would be let in again. */
function toRevocationsFinding(reason: string): Finding {
  return {
    code: 'config.unusable',
    severity: 'error',
    message: `what was revoked cannot be read: ${reason}`,
    pointer: '/state_dir',
    help: 'put the file right, or take it away to begin without any revocation of the admin API',
  }
}

function fail(kind: StartFailure['kind'], loaded: LoadResult, findings: readonly Finding[]): GatewayStart {
  const problems: readonly Problem[] = [...loaded.problems, ...loaded.locate(findings)]
  return { ok: false, failure: { kind, problems, sources: loaded.sources } }
}
