import type { AdminView, OverloadView } from '../admin/admin-view.ts'
import type { ReloadStatus } from '../reload/reload-status.ts'
import type { Listener } from '../server/listener.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

/** Where the admin pages look. */
export interface ViewSources {
  readonly version: string
  readonly startedAtMs: number
  readonly draining: () => boolean
  readonly sinceMs: () => number
  readonly snapshot: () => Snapshot
  readonly listeners: () => readonly Listener[]
  readonly lastReload: () => ReloadStatus | undefined
  readonly overload: () => OverloadView
  readonly keptRevocations: () => number
}

/** Creates what the admin pages read: each call tells the state of that moment. */
export function createAdminView(sources: ViewSources): AdminView {
  return {
    version: sources.version,
    startedAtMs: sources.startedAtMs,
    draining: sources.draining,
    inForce: () => ({ settings: sources.snapshot().settings, sinceMs: sources.sinceMs() }),
    listeners: () =>
      sources.listeners().map(listener => ({
        kind: listener.kind,
        url: listener.url,
        accepting: !sources.draining(),
        connections: listener.connections(),
      })),
    authServers: () =>
      sources.snapshot().authServers.map(({ settings, keys, apis, introspector }) => ({
        name: settings.name,
        issuer: settings.issuer,
        apis,
        keys: keys.status(),
        introspection: introspector?.status(),
      })),
    upstreams: () => sources.snapshot().upstreams.map(group => group.status()),
    certificates: () => sources.snapshot().certificates(),
    lastReload: sources.lastReload,
    overload: sources.overload,
    revocations: () => {
      const { inSettings, polled } = sources.snapshot().revocations
      return { inSettings, kept: sources.keptRevocations(), list: polled?.() }
    },
  }
}
