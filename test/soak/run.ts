/**
 * `npm run soak -- NAME`: the long forms of quality.md's reliability table. Each ends by itself, prints one line with its verdict and
 * figures, and exits with 0 or 1. The short forms run in `npm test` (`test/process/*-under-load.test.ts`).
 */
import type { Cleanup } from '../support/command.ts'
import { breakUnderLoad } from './broken-changes-under-load.ts'
import { changeUnderLoad } from './changes-under-load.ts'
import { runLong } from './long-run.ts'
import { stopUnderLoad } from './stop-under-load.ts'
import type { Verdict } from './verdict.ts'

const RUNS: Readonly<Record<string, { readonly what: string; run(cleanup: Cleanup): Promise<Verdict> }>> = {
  F1: {
    what: '1,000 writes of a changed file in 60 s of steady load',
    run: cleanup => changeUnderLoad(cleanup, { writes: 1000, bursts: 40, seconds: 60, mostMs: 1000 }),
  },
  F2: {
    what: '200 broken configurations under steady load (about two minutes)',
    run: cleanup => breakUnderLoad(cleanup, { changes: 200 }),
  },
  F9: {
    what: '30 minutes of load with a reload every 10 s',
    run: cleanup => runLong(cleanup, { seconds: 1800, reloadEverySeconds: 10 }),
  },
  F10: {
    what: 'SIGTERM under load, 20 times',
    run: cleanup => stopUnderLoad(cleanup, { rounds: 20, callers: 32 }),
  },
}

const name = process.argv[2]?.toUpperCase() ?? ''
const chosen = Object.hasOwn(RUNS, name) ? RUNS[name] : undefined
if (chosen === undefined) {
  const list = Object.entries(RUNS).map(([id, { what }]) => `  ${id.padEnd(4)} ${what}`)
  console.error(`npm run soak -- NAME, where NAME is one of\n${list.join('\n')}`)
  process.exitCode = 64
} else {
  console.error(`${name}: ${chosen.what}`)
  const ends: (() => unknown)[] = []
  const verdict = await chosen.run({ after: end => void ends.push(end as () => unknown) })
  for (const end of ends.reverse()) await end()
  for (const complaint of verdict.complaints) console.error(`  ${complaint}`)
  const figures = Object.entries(verdict.figures).map(([key, value]) => `${key}=${value}`)
  console.log(`${name} ${verdict.ok ? 'ok' : 'FAILED'} ${figures.join(' ')}`)
  process.exitCode = verdict.ok ? 0 : 1
}
