import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { Stores } from '../keys/stores.ts'
import type { Settings } from '../settings/model.ts'
import type { WantedListener } from './listeners.ts'
import { createServerTls, type ServerTls } from './tls.ts'

/** Lists the listeners that settings ask for, with their certificates out of the open stores. The admin listener comes last. */
export function listWantedListeners(settings: Settings, stores: Stores): Result<readonly WantedListener[], Finding> {
  const { ports, limits, http2 } = settings
  let tls: ServerTls | undefined
  if (ports.https !== undefined && settings.tls !== undefined) {
    const made = createServerTls(settings.tls, stores)
    if (!made.ok) return made
    tls = made.value
  }
  const wanted: WantedListener[] = []
  if (ports.http !== undefined) wanted.push({ kind: 'http', address: ports.http, limits, tls: undefined, http2 })
  if (ports.https !== undefined) wanted.push({ kind: 'https', address: ports.https, limits, tls, http2 })
  wanted.push({ kind: 'admin', address: ports.admin, limits, tls: undefined })
  return ok(wanted)
}
