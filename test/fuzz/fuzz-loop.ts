import type { FuzzCase, FuzzFind, FuzzReport, FuzzTarget } from './fuzz-target.ts'
import { Random } from './random.ts'
import { reduce } from './reduce.ts'

export interface FuzzPlan {
  readonly seed: number
  /** Ends after this time, in seconds, */
  readonly seconds?: number
  /** or after this number of cases. */
  readonly cases?: number
  /** Number of the first case. 0 by default. */
  readonly from?: number
}

/** After so many finds there is enough to repair. */
const MOST_FINDS = 5
const REDUCTION_SECONDS = 10

/** Throws generated cases at a target until the time is up, the cases are done, or enough was found; closes the target. */
export async function fuzz<Case extends FuzzCase>(target: FuzzTarget<Case>, plan: FuzzPlan): Promise<FuzzReport> {
  const { seed, seconds = Number.POSITIVE_INFINITY, cases: most = Number.POSITIVE_INFINITY, from = 0 } = plan
  const random = new Random(seed)
  const finds: FuzzFind[] = []
  const begun = performance.now()
  let count = 0
  while (count < most && performance.now() - begun < seconds * 1000 && finds.length < MOST_FINDS) {
    const first = from + count
    const size = Math.min(target.batch, most - count)
    const batch = Array.from({ length: size }, (_, i) => target.generate(random.restart(seed, first + i)))
    count += size
    const complaint = await judge(target, batch)
    if (complaint !== undefined) finds.push(await explain(target, batch, { seed, index: first, complaint }))
  }
  const elapsed = (performance.now() - begun) / 1000
  const last = await target.close()
  if (last !== undefined) finds.push({ seed, index: from + count, complaint: last, input: '' })
  return { name: target.name, seed, cases: count, seconds: elapsed, finds }
}

/** A target that throws has found something too. */
async function judge<Case extends FuzzCase>(
  target: FuzzTarget<Case>,
  cases: readonly Case[],
): Promise<string | undefined> {
  try {
    return await target.judge(cases)
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}

/** Finds the case of a batch that shows it alone, and makes it small. */
async function explain<Case extends FuzzCase>(
  target: FuzzTarget<Case>,
  batch: readonly Case[],
  found: Omit<FuzzFind, 'input'>,
): Promise<FuzzFind> {
  for (const [i, each] of batch.entries()) {
    const alone = batch.length === 1 ? found.complaint : await judge(target, [each])
    if (alone === undefined) continue
    const complaint = alone === found.complaint ? alone : `${found.complaint}; alone: ${alone}`
    const { withInput } = target
    if (withInput === undefined) return { ...found, index: found.index + i, complaint, input: each.input }
    const deadline = performance.now() + REDUCTION_SECONDS * 1000
    const input = await reduce(each.input, async text => {
      if (performance.now() > deadline) return false
      return (await judge(target, [withInput(text, each)])) !== undefined
    })
    const last = await judge(target, [withInput(input, each)])
    return { ...found, index: found.index + i, complaint: last ?? complaint, input }
  }
  const complaint = `${found.complaint} (in a batch of ${batch.length}; no case shows it alone)`
  return { ...found, complaint, input: batch.map(({ input }) => input).join('\n--- next case ---\n') }
}
