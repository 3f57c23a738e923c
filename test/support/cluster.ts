/** Several real upstreams of one API that are killed and started again, each on its port. */
import type { TestContext } from 'node:test'
import { type Behaviour, startUpstream, type TestUpstream } from './upstream.ts'

export interface Cluster {
  /** Their origins, in order. */
  readonly targets: readonly string[]
  /** As a list in YAML. */
  readonly yaml: string
  /** The upstream that listens, or last listened, at this place. */
  at(index: number): TestUpstream
  /** Requests that each one has seen in all its lives. */
  seen(index: number): number
  kill(index: number): Promise<void>
  /** Starts it again on its port. */
  restart(index: number, behaviour?: Behaviour): Promise<void>
}

/** Starts so many upstreams; they end with the test. */
export async function startCluster(t: TestContext, size: number, behaviour: Behaviour = 'ok'): Promise<Cluster> {
  const lives: TestUpstream[][] = []
  for (let i = 0; i < size; i++) lives.push([await startUpstream(behaviour)])
  const livesOf = (index: number): TestUpstream[] => lives[index] ?? []
  const at = (index: number): TestUpstream => {
    const upstream = livesOf(index).at(-1)
    if (upstream === undefined) throw new RangeError(`no upstream ${index}`)
    return upstream
  }
  t.after(() => Promise.all(lives.map((_, index) => at(index).close())))
  const targets = lives.map((_, index) => at(index).origin)
  return {
    targets,
    yaml: `[ ${targets.map(target => `"${target}"`).join(', ')} ]`,
    at,
    seen: index => livesOf(index).reduce((sum, { requests }) => sum + requests.length, 0),
    kill: index => at(index).close(),
    async restart(index, next = behaviour) {
      await at(index).close()
      livesOf(index).push(await startUpstream(next, { port: Number(new URL(at(index).origin).port) }))
    },
  }
}
