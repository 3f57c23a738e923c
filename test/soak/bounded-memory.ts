import type { Cleanup } from '../support/command.ts'
import { sendMalformed } from './malformed-input.ts'
import { holdSlowConnections } from './slow-connections.ts'
import type { Verdict } from './verdict.ts'

export interface MemoryPlan {
  /** Malformed requests, and tokens. */
  readonly count: number
  readonly connections: number
  readonly timeoutSeconds: number
  readonly mostMib: number
}

/** F8: the memory that F6 and F7 take at most. */
export async function boundMemory(cleanup: Cleanup, plan: MemoryPlan): Promise<Verdict> {
  const { count, connections, timeoutSeconds, mostMib } = plan
  const malformed = await sendMalformed(cleanup, { count, seed: 8, mostMib, mostGrowth: undefined })
  const slow = await holdSlowConnections(cleanup, {
    connections,
    openSeconds: timeoutSeconds / 2,
    timeoutSeconds,
    mostTimes: undefined,
    mostMib,
  })
  return {
    ok: malformed.ok && slow.ok,
    figures: {
      malformed: 2 * count,
      slow: connections,
      peak_rss_mib_malformed: malformed.figures['peak_rss_mib'] ?? '',
      peak_rss_mib_slow: slow.figures['peak_rss_mib'] ?? '',
      most_mib: mostMib,
    },
    complaints: [...malformed.complaints, ...slow.complaints],
  }
}
