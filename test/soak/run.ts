/**
 * `npm run soak -- NAME`: the long forms of quality.md's reliability table. Each ends by itself, prints one line with its verdict and
 * figures, and exits with 0 or 1. The short forms run in `npm test` (`test/process`).
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Cleanup } from '../support/command.ts'
import { boundMemory } from './bounded-memory.ts'
import { breakUnderLoad } from './broken-changes-under-load.ts'
import { changeUnderLoad } from './changes-under-load.ts'
import { weighRequests } from './costly-input.ts'
import { loseKeyServer } from './key-server-outage.ts'
import { runLong } from './long-run.ts'
import { sendMalformed } from './malformed-input.ts'
import { holdSlowConnections } from './slow-connections.ts'
import { stopUnderLoad } from './stop-under-load.ts'
import { floodUnknownKeys } from './unknown-keys.ts'
import { restartUpstream } from './upstream-restarts.ts'
import type { Verdict } from './verdict.ts'

/** What the command line may change. */
interface Sizes {
  /** Malformed requests and tokens (F6, F8), rounds (F11). */
  readonly count: number | undefined
  readonly minutes: number | undefined
  readonly seed: number | undefined
}

interface Run {
  readonly what: string
  run(cleanup: Cleanup, sizes: Sizes): Promise<Verdict>
}

const PICTURE = fileURLToPath(new URL('../../docs/f9-memory-and-descriptors.svg', import.meta.url))
/** What memory may reach under hostile load. */
const MOST_MIB = 256

const RUNS: Readonly<Record<string, Run>> = {
  F1: {
    what: '1,000 writes of a changed file in 60 s of steady load',
    run: cleanup => changeUnderLoad(cleanup, { writes: 1000, bursts: 40, seconds: 60, mostMs: 1000 }),
  },
  F2: {
    what: '200 broken configurations under steady load (about two minutes)',
    run: cleanup => breakUnderLoad(cleanup, { changes: 200 }),
  },
  F3: {
    what: 'every fault of a key server, for an hour that passes in a minute',
    run: cleanup => loseKeyServer(cleanup, { factor: 60, outageSeconds: 3600, mostGrowthMs: 5 }),
  },
  F4: {
    what: '100,000 tokens with unknown kid in 60 s, beside good callers',
    run: cleanup => floodUnknownKeys(cleanup, { tokens: 100_000, seconds: 60, mostTimes: 2 }),
  },
  F5: {
    what: 'the upstream killed and restarted 50 times under load',
    run: cleanup => restartUpstream(cleanup, { kills: 50, awayMs: 300, backMs: 2000, isTimed: true }),
  },
  F6: {
    what: '5,000,000 malformed requests and as many malformed tokens (--count N, --seed N)',
    run: (cleanup, { count = 5_000_000, seed = 1 }) =>
      sendMalformed(cleanup, { count, seed, mostMib: MOST_MIB, mostGrowth: 0.1 }),
  },
  F7: {
    what: '2,000 slow heads, bodies and readers beside good callers',
    run: cleanup =>
      holdSlowConnections(cleanup, {
        connections: 2000,
        openSeconds: 10,
        timeoutSeconds: 20,
        mostTimes: 2,
        mostMib: MOST_MIB,
      }),
  },
  F8: {
    what: 'the memory that F6 and F7 take, both reduced (--count N)',
    run: (cleanup, { count = 200_000 }) =>
      boundMemory(cleanup, { count, connections: 2000, timeoutSeconds: 20, mostMib: MOST_MIB }),
  },
  F9: {
    what: '30 minutes of load with a reload every 10 s; draws docs/f9-memory-and-descriptors.svg (--minutes N)',
    run: (cleanup, { minutes = 30 }) =>
      runLong(cleanup, {
        seconds: minutes * 60,
        reloadEverySeconds: 10,
        picture: PICTURE,
        // About 60 % of one core of the machine that the published figures come from.
        load: { callers: 100, pauseMs: 2 },
      }),
  },
  F10: {
    what: 'SIGTERM under load, 20 times',
    run: cleanup => stopUnderLoad(cleanup, { rounds: 20, callers: 32 }),
  },
  F11: {
    what: 'what one request costs at most, by kinds that were made to cost much (--count N rounds)',
    run: (cleanup, { count = 400 }) => weighRequests(cleanup, { rounds: count, most: { cpuMs: 1, blockedMs: 20 } }),
  },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { count: { type: 'string' }, minutes: { type: 'string' }, seed: { type: 'string' } },
})
const sizeOf = (name: keyof Sizes): number | undefined =>
  values[name] === undefined ? undefined : Number(values[name])
const sizes: Sizes = { count: sizeOf('count'), minutes: sizeOf('minutes'), seed: sizeOf('seed') }
const name = positionals[0]?.toUpperCase() ?? ''
const chosen = Object.hasOwn(RUNS, name) ? RUNS[name] : undefined
if (chosen === undefined || Object.values(sizes).some(size => Number.isNaN(size))) {
  const list = Object.entries(RUNS).map(([id, { what }]) => `  ${id.padEnd(4)} ${what}`)
  console.error(`npm run soak -- NAME, where NAME is one of\n${list.join('\n')}`)
  process.exitCode = 64
} else {
  console.error(`${name}: ${chosen.what}`)
  const ends: (() => unknown)[] = []
  const verdict = await chosen.run({ after: end => void ends.push(end as () => unknown) }, sizes)
  for (const end of ends.reverse()) await end()
  for (const complaint of verdict.complaints) console.error(`  ${complaint}`)
  const figures = Object.entries(verdict.figures).map(([key, value]) => `${key}=${value}`)
  console.log(`${name} ${verdict.ok ? 'ok' : 'FAILED'} ${figures.join(' ')}`)
  process.exitCode = verdict.ok ? 0 : 1
}
