/**
 * `npm run fuzz -- [NAME|all] [--seconds N] [--seed S] [--from CASE]`: generated input against the gateway or a part of it, 60 seconds
 * in all by default. Prints one line for each generator, and for each find its seed, the number of its case and the input, reduced;
 * writes nothing. Exits with 0, or 1 if anything was found. The short form runs in `npm test` (`generated-input.test.ts`).
 */
import { parseArgs } from 'node:util'
import type { FuzzReport } from './fuzz-target.ts'
import { TARGETS } from './targets.ts'

const MOST_PRINTED = 2_000
const USAGE = `npm run fuzz -- [${[...Object.keys(TARGETS), 'all'].join('|')}] [--seconds N] [--seed S] [--from CASE]`

function readArguments(): { names: string[]; seconds: number; seed: number; from: number } | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '60' },
        seed: { type: 'string', default: '1' },
        from: { type: 'string', default: '0' },
      },
    })
    const [name = 'all', ...more] = positionals
    const numbers = [values.seconds, values.seed, values.from].map(Number)
    const [seconds = Number.NaN, seed = Number.NaN, from = Number.NaN] = numbers
    if (more.length > 0 || numbers.some(number => !(number >= 0))) return undefined
    if (name === 'all') return { names: Object.keys(TARGETS), seconds, seed, from }
    return Object.hasOwn(TARGETS, name) ? { names: [name], seconds, seed, from } : undefined
  } catch {
    return undefined
  }
}

function print({ name, seed, cases, seconds, finds }: FuzzReport): void {
  const rate = Math.round(cases / seconds)
  console.log(`${name.padEnd(9)} seed=${seed} cases=${cases} finds=${finds.length} cases_per_second=${rate}`)
  for (const { index, complaint, input } of finds) {
    console.log(`  seed=${seed} case=${index} ${complaint}`)
    console.log(`  ${JSON.stringify(input.slice(0, MOST_PRINTED))}${input.length > MOST_PRINTED ? ' …' : ''}`)
  }
}

const plan = readArguments()
if (plan === undefined) {
  console.error(USAGE)
  process.exitCode = 64
} else {
  let found = 0
  for (const name of plan.names) {
    const { seed, from } = plan
    const report = await TARGETS[name]?.({ seed, from, seconds: plan.seconds / plan.names.length })
    if (report !== undefined) print(report)
    found += report?.finds.length ?? 0
  }
  process.exitCode = found === 0 ? 0 : 1
}
