/** A reloader over settings that a test sets, without files, sockets and snapshots. */
import type { Finding, Problem } from '../../src/diagnostics/problem.ts'
import type { Built, ReloadParts } from '../../src/reload/reload.ts'
import type { ReloadStatus } from '../../src/reload/reload-status.ts'
import { createReloader, type Reloader } from '../../src/reload/reloader.ts'
import type { LoadResult } from '../../src/settings/load.ts'
import { createTestClock, TEST_START_MS } from './clock.ts'
import { sampleSettings } from './sample-settings.ts'

export const STARTED: ReloadStatus = {
  result: 'applied',
  reason: 'start',
  at: TEST_START_MS,
  durationMs: 5,
  revision: 'one',
  problems: [],
  sources: new Map(),
}

export const TIE: Finding = {
  code: 'config.ambiguous',
  severity: 'warning',
  message: 'a tie',
  pointer: '/applications',
}

export interface ReloadBench {
  readonly reloader: Reloader
  /** Names of the steps so far: `load`, `pause`, `build two`, `swap two`. */
  readonly steps: string[]
  /** Ends of reloads and of the ones before them. */
  readonly reports: [status: ReloadStatus, before: ReloadStatus][]
  readonly watched: (readonly string[])[]
  readonly defects: unknown[]
  /** The revision in force. */
  revision: string
  /** What is on disk: a revision, or `broken`. */
  disk: string
  /** What building finds; a refusal where one is an error. */
  findings: readonly Finding[]
  /** Runs before a step ends; a rejection is a defect of it. */
  onStep: (step: string) => unknown
  onReport: () => void
}

/** Makes a reloader that began on revision `one`, with a tie. */
export function createReloadBench(): ReloadBench {
  const clock = createTestClock()
  const steps: string[] = []
  const note = async (step: string): Promise<void> => {
    steps.push(step)
    clock.advance(1)
    await bench.onStep(step)
  }
  const parts: ReloadParts = {
    clock,
    async load() {
      await note('load')
      return makeLoaded(bench.disk)
    },
    pause: () => note('pause'),
    async build({ revision }): Promise<Built> {
      await note(`build ${revision}`)
      const { findings } = bench
      if (findings.some(({ severity }) => severity === 'error')) return { ok: false, findings }
      const putInForce = (): void => {
        steps.push(`swap ${revision}`)
        bench.revision = revision
      }
      return { ok: true, warnings: findings, putInForce }
    },
    revision: () => bench.revision,
    report(status, before) {
      bench.reports.push([status, before])
      bench.onReport()
    },
    watch: paths => void bench.watched.push(paths),
    onDefect: cause => void bench.defects.push(cause),
  }
  const bench: ReloadBench = {
    reloader: createReloader(parts, STARTED, [TIE]),
    steps,
    reports: [],
    watched: [],
    defects: [],
    revision: 'one',
    disk: 'one',
    findings: [],
    onStep: () => undefined,
    onReport: () => undefined,
  }
  return bench
}

function makeLoaded(disk: string): LoadResult {
  const broken: Problem = { code: 'config.syntax', severity: 'error', message: 'broken' }
  return {
    settings: disk === 'broken' ? undefined : sampleSettings({ revision: disk }),
    problems: disk === 'broken' ? [broken] : [],
    sources: new Map([['microgateway.yml', disk]]),
    watched: [`/etc/${disk}`],
    locate: findings => findings.map(({ code, severity, message }) => ({ code, severity, message })),
  }
}
