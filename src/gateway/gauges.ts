import type { AdminView } from '../admin/admin-view.ts'
import type { Gauges } from '../metrics/exposition.ts'
import type { GatewayOptions } from './gateway.ts'

/** Reads the gauges when somebody scrapes. `lastSuccessAtMs` is when the settings on disk were last found in force. */
export function readGauges(
  options: GatewayOptions,
  view: AdminView,
  lastSuccessAtMs: number,
  tokenCache: Gauges['tokenCache'],
): Gauges {
  return {
    ...options.processFacts(),
    version: options.version,
    revision: view.inForce()?.settings.revision ?? '',
    lastReloadSuccessful: view.lastReload()?.result !== 'refused',
    lastReloadSuccessAtMs: lastSuccessAtMs,
    authServers: view.authServers().map(({ name, keys }) => ({ name, keys: keys.keys, fetchedAt: keys.fetchedAt })),
    tokenCache,
    connections: view.listeners().reduce((sum, listener) => sum + listener.connections, 0),
    startedAtMs: view.startedAtMs,
    droppedLogLines: options.destination.dropped,
  }
}
