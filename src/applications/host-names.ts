import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { Logger } from '../log/logger.ts'
import { normalizeAddress } from '../message/address.ts'

/** Resolves a host name to its addresses. Rejects with an error whose `code` is `ENOTFOUND` where the name does not exist. */
export type ResolveHostName = (name: string) => Promise<readonly string[]>

export interface HostNamesParts {
  readonly resolve: ResolveHostName
  readonly clock: Clock
  readonly schedule: Schedule
  readonly logger: Logger
}

/** The addresses of the configured host names, kept current in the background. */
export interface HostNames {
  /** Returns the configured names that resolve to this address now. Answers at once; nothing before the first resolution. */
  namesAt(address: string): readonly string[]
  /** Resolves after the first attempt for every name. */
  settled(): Promise<void>
  close(): Promise<void>
}

const REFRESH_MS = 60_000
/** While the resolver is down, what it said last stays good for this long. */
const MAX_STALE_MS = 10 * 60_000
/** Resolutions at a time: each takes one of the few threads that password checks need too. */
const CONCURRENCY = 2

interface Resolved {
  readonly addresses: readonly string[]
  readonly atMs: number
}

const NONE: readonly string[] = Object.freeze([])

/**
 * Starts to resolve names (product.md 4, `host_name`): forwards only, never an address to a name, and never a name that a caller sends.
 * A name that does not exist loses its addresses at once; where the resolver fails, the last answer serves for ten minutes.
 */
export function createHostNames(names: Iterable<string>, parts: HostNamesParts): HostNames {
  const { resolve, clock, schedule, logger } = parts
  const wanted = [...new Set(names)]
  const resolved = new Map<string, Resolved>()
  let byAddress: ReadonlyMap<string, readonly string[]> = new Map()
  let closed = false
  let cancel = (): void => {}

  const refreshOne = async (name: string): Promise<void> => {
    try {
      resolved.set(name, { addresses: await resolve(name), atMs: clock.monotonic() })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
      const last = resolved.get(name)
      const expired = last !== undefined && clock.monotonic() - last.atMs > MAX_STALE_MS
      if (code === 'ENOTFOUND' || expired) resolved.delete(name)
      logger.warn({ hostName: name, reason: code }, 'a host name of an application cannot be resolved')
    }
  }
  const refresh = async (): Promise<void> => {
    const queue = [...wanted]
    const work = async (): Promise<void> => {
      for (let name = queue.pop(); name !== undefined && !closed; name = queue.pop()) await refreshOne(name)
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, work))
    byAddress = invert(resolved)
    if (!closed && wanted.length > 0) cancel = schedule(REFRESH_MS, () => void refresh())
  }

  const first = refresh()
  return {
    namesAt: address => byAddress.get(address) ?? NONE,
    settled: () => first,
    async close() {
      closed = true
      cancel()
    },
  }
}

function invert(resolved: ReadonlyMap<string, Resolved>): ReadonlyMap<string, readonly string[]> {
  const byAddress = new Map<string, string[]>()
  for (const [name, { addresses }] of resolved) {
    for (const address of new Set(addresses.map(address => normalizeAddress(address) ?? address))) {
      const names = byAddress.get(address)
      if (names === undefined) byAddress.set(address, [name])
      else names.push(name)
    }
  }
  return byAddress
}
