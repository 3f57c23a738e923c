import type { AdminView } from '../admin/admin-view.ts'
import type { Gauges } from '../metrics/exposition.ts'
import type { GatewayOptions } from './gateway.ts'

/** Reads the gauges when somebody scrapes. `lastSuccessAtMs` is when the settings on disk were last found in force. */
export function readGauges(
  options: GatewayOptions,
  view: AdminView,
  lastSuccessAtMs: number,
  live: Pick<Gauges, 'tokenCache' | 'overload' | 'streams'>,
): Gauges {
  return {
    ...options.processFacts(),
    version: options.version,
    revision: view.inForce()?.settings.revision ?? '',
    lastReloadSuccessful: view.lastReload()?.result !== 'refused',
    lastReloadSuccessAtMs: lastSuccessAtMs,
    authServers: view.authServers().map(({ name, keys }) => ({ ...keys, name })),
    introspection: view
      .authServers()
      .flatMap(({ name, introspection }) => (introspection === undefined ? [] : [{ ...introspection, name }])),
    revocations: view.revocations(),
    ...live,
    upstreams: view.upstreams(),
    certificates: view.certificates(),
    connections: view.listeners().reduce((sum, listener) => sum + listener.connections, 0),
    startedAtMs: view.startedAtMs,
    droppedLogLines: options.destination.dropped,
  }
}
