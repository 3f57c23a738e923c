import { readFile } from 'node:fs/promises'
import type { Clock } from '../clock/clock.ts'
import { createSystemSchedule } from '../clock/schedule.ts'
import type { Result } from '../errors/denial.ts'
import { createExpressionCompiler } from '../expressions/expression.ts'
import { createKeyCopies } from '../keys/key-copies.ts'
import { createSharedFetch } from '../keys/shared-fetch.ts'
import type { Logger } from '../log/logger.ts'
import { Counters } from '../metrics/counters.ts'
import { createDocumentFetcher } from '../outbound/fetch-document.ts'
import { createProofMemory } from '../policies/proof-of-possession.ts'
import type { Settings } from '../settings/model.ts'
import { compileSnapshot } from '../snapshot/compile.ts'
import { createLedger } from '../snapshot/ledger.ts'
import { createStore } from '../state/store.ts'
import type { VerifiedJwt } from '../tokens/jwt.ts'
import { openKeptRevocations } from '../tokens/kept-revocations.ts'
import { createVerifiedTokenCache } from '../tokens/verified-cache.ts'

/** A command prints its verdict and keeps no log. */
const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/**
 * Verifies a token by every auth server of the settings, with the code that serves requests. Keys are fetched as a gateway fetches
 * them; nothing is made or kept under `state_dir`.
 */
export async function verifyToken(
  settings: Settings,
  compact: string,
  parts: { readonly clock: Clock; readonly readFile: (path: string) => Promise<string> },
): Promise<Result<VerifiedJwt>> {
  const store = createStore(settings.stateDir)
  const kept = await openKeptRevocations({ clock: parts.clock, store })
  if (!kept.ok) return { ok: false, error: { code: 'revocations.unavailable', facts: { reason: kept.error } } }
  // Without APIs: nobody is served, and no upstream is asked how it is.
  const compiled = await compileSnapshot(
    { ...settings, apis: [] },
    {
      ...parts,
      readBytes: path => readFile(path),
      schedule: createSystemSchedule(),
      logger: SILENT,
      ledger: createLedger(),
      counters: new Counters(),
      tokenCache: createVerifiedTokenCache(),
      keptRevocations: kept.value,
      proofs: createProofMemory(1),
      expressions: createExpressionCompiler(),
      fetchDocument: createDocumentFetcher(),
      sharedFetch: createSharedFetch(parts.clock),
      keyCopies: createKeyCopies(store, { mayWrite: false }),
      resolveHostName: () => Promise.resolve([]),
      store,
      // Nothing is forwarded here.
      pseudonym: 'microgateway',
      mayGenerateKeys: false,
    },
  )
  if (!compiled.ok) {
    const reason = compiled.error[0]?.message ?? 'keys cannot be opened'
    return { ok: false, error: { code: 'keys.unavailable', facts: { reason } } }
  }
  const { snapshot } = compiled.value
  try {
    const names = snapshot.authServers.map(({ settings: { name } }) => name)
    return await snapshot.verifiers.trusting(names).verify(compact, parts.clock.now())
  } finally {
    await snapshot.retire()
  }
}
