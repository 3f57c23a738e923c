/** What a compiler of snapshots is given: files and keys of a test's own, no network, a clock that stands still. */
import { createExpressionCompiler } from '../../src/expressions/expression.ts'
import { createKeyCopies } from '../../src/keys/key-copies.ts'
import { createSharedFetch } from '../../src/keys/shared-fetch.ts'
import { Counters } from '../../src/metrics/counters.ts'
import { createProofMemory } from '../../src/policies/proof-of-possession.ts'
import type { CompileParts } from '../../src/snapshot/compile.ts'
import { createLedger } from '../../src/snapshot/ledger.ts'
import { createStore } from '../../src/state/store.ts'
import { createKeptRevocations } from '../../src/tokens/kept-revocations.ts'
import { createVerifiedTokenCache } from '../../src/tokens/verified-cache.ts'
import { createTestClock } from './clock.ts'
import { createSilentLogger } from './silent-logger.ts'

export interface CompileBench {
  readonly parts: CompileParts
  /** Contents by path. */
  readonly files: Map<string, string>
  /** Key sets that were asked for. */
  readonly fetched: string[]
  /** Host names that were resolved. */
  readonly resolved: string[]
}

/** Makes the parts; nothing is generated and nothing is kept. */
export function createCompileBench(changes: Partial<CompileParts> = {}): CompileBench {
  const clock = createTestClock()
  const files = new Map<string, string>()
  const fetched: string[] = []
  const resolved: string[] = []
  const contentOf = (path: string): string => {
    const text = files.get(path)
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }
  const parts: CompileParts = {
    clock,
    schedule: clock.schedule,
    logger: createSilentLogger(),
    ledger: createLedger(),
    counters: new Counters(),
    pseudonym: 'microgateway-0123456789abcdef',
    tokenCache: createVerifiedTokenCache(),
    keptRevocations: createKeptRevocations([], { clock, store: createStore('/nowhere') }),
    proofs: createProofMemory(1_000),
    expressions: createExpressionCompiler(),
    fetchDocument: async uri => {
      fetched.push(uri)
      return { ok: false, reason: 'unreachable' }
    },
    sharedFetch: createSharedFetch(clock),
    keyCopies: createKeyCopies(createStore('/nowhere'), { mayWrite: false }),
    resolveHostName: async name => {
      resolved.push(name)
      return ['192.0.2.1']
    },
    readFile: async path => contentOf(path),
    readBytes: async path => Buffer.from(contentOf(path)),
    store: createStore('/nowhere'),
    mayGenerateKeys: false,
    ...changes,
  }
  return { parts, files, fetched, resolved }
}
