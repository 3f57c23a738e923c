import { getHeapStatistics } from 'node:v8'
import type { OverloadView } from '../admin/admin-view.ts'
import type { OverloadGauges } from '../metrics/exposition.ts'
import { ConnectionCap } from '../server/connection-cap.ts'
import { type MemoryUse, OverloadGuard } from '../server/overload-guard.ts'
import type { LimitsSettings } from '../settings/model.ts'
import type { CompileParts } from '../snapshot/compile.ts'
import type { ProcessFacts } from './gateway.ts'

/** What keeps one gateway from more than it can carry: one for all its traffic listeners, from its start to its end. */
export interface Overload {
  readonly connections: ConnectionCap
  readonly guard: OverloadGuard
  /** Takes other limits over. */
  update(limits: LimitsSettings): void
  view(): OverloadView
  gauges(): OverloadGauges
  close(): void
}

/** Creates the guards and begins to look after the process. */
export function createOverload(
  limits: LimitsSettings,
  { clock, schedule, logger, counters }: Pick<CompileParts, 'clock' | 'schedule' | 'logger' | 'counters'>,
  processFacts: () => ProcessFacts,
): Overload {
  const connections = new ConnectionCap(limits.maxConnections)
  const memory = (): MemoryUse => readMemoryUse(processFacts())
  const onDefect = (err: unknown): void => {
    counters.defects += 1
    logger.error({ err }, 'the overload guard failed: this is a defect of the gateway')
  }
  const guard = new OverloadGuard({ clock, schedule, logger, limits, memory, onDefect })
  return {
    connections,
    guard,
    update(next) {
      connections.update(next.maxConnections)
      guard.update(next)
    },
    view: () => ({ guard: guard.guard, refusedConnections: connections.refused, refusedRequests: guard.refused }),
    gauges: () => {
      const { heapBytes, heapLimitBytes } = memory()
      return {
        guard: guard.guard,
        eventLoopDelayMs: guard.delays(),
        heapBytes,
        heapLimitBytes,
        refusedConnections: connections.refused,
        refusedRequests: guard.refused,
      }
    },
    close: () => guard.close(),
  }
}

function readMemoryUse({ residentMemoryBytes, memoryLimitBytes }: ProcessFacts): MemoryUse {
  const { used_heap_size: heapBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics()
  // Where nothing is limited the platform names a size that no machine has, or none.
  const isLimited = memoryLimitBytes !== undefined && memoryLimitBytes > 0 && Number.isSafeInteger(memoryLimitBytes)
  return {
    heapBytes,
    heapLimitBytes,
    residentBytes: residentMemoryBytes,
    residentLimitBytes: isLimited ? memoryLimitBytes : undefined,
  }
}
