import type { AdminView } from '../admin/admin-view.ts'
import type { Gauges } from '../metrics/exposition.ts'
import type { GatewayOptions } from './gateway.ts'

/** Creates what reads the gauges when somebody scrapes: nothing of it is kept up to date in between. */
export function createGauges(options: GatewayOptions, view: AdminView): () => Gauges {
  let lastSuccessAtMs: number | undefined = view.startedAtMs
  return () => {
    const reload = view.lastReload()
    if (reload !== undefined && reload.result !== 'refused') lastSuccessAtMs = reload.at
    return {
      ...options.processFacts(),
      version: options.version,
      revision: view.inForce()?.settings.revision ?? '',
      lastReloadSuccessful: reload?.result !== 'refused',
      lastReloadSuccessAtMs: lastSuccessAtMs,
      authServers: view.authServers().map(({ name, keys }) => ({ name, keys: keys.keys, fetchedAt: keys.fetchedAt })),
      tokenCache: undefined,
      connections: view.listeners().reduce((sum, listener) => sum + listener.connections, 0),
      startedAtMs: view.startedAtMs,
      droppedLogLines: options.destination.dropped,
    }
  }
}
