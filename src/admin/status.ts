import type { Clock } from '../clock/clock.ts'
import { problemsToJson } from '../diagnostics/json.ts'
import type { Target } from '../exchange/exchange.ts'
import type { AdminView, AuthServerView, ReloadView } from './admin-view.ts'
import { judgeReadiness } from './health.ts'
import { createJsonTarget } from './json-target.ts'

/** Creates `<admin_path>/status`: what is in force since when, who listens, whose keys are there, how the last reload ended. */
export function createStatusTarget(view: AdminView, clock: Clock): Target {
  return createJsonTarget(() => ({ status: 200, body: describeStatus(view, clock.now()) }))
}

/** Describes the state of a gateway as plain data. */
export function describeStatus(view: AdminView, nowMs: number): unknown {
  const inForce = view.inForce()
  const lastReload = view.lastReload()
  const ready = judgeReadiness(view).every(check => check.ok)
  return {
    state: view.draining() ? 'draining' : ready ? 'ready' : 'starting',
    version: view.version,
    started: toTime(view.startedAtMs),
    uptime_seconds: Math.floor((nowMs - view.startedAtMs) / 1000),
    config: {
      name: inForce?.settings.name,
      revision: inForce?.settings.revision,
      since: inForce === undefined ? undefined : toTime(inForce.sinceMs),
      // The file on disk is not the one in force after a refused reload: say so where operators look first.
      on_disk_in_force: lastReload?.result !== 'refused',
    },
    last_reload: lastReload === undefined ? undefined : describeReload(lastReload),
    listeners: view.listeners(),
    auth_servers: view.authServers().map(describeAuthServer),
    apis: inForce?.settings.apis.length ?? 0,
    applications: inForce?.settings.applications.length ?? 0,
  }
}

function describeReload(reload: ReloadView): unknown {
  return {
    result: reload.result,
    reason: reload.reason,
    at: toTime(reload.at),
    duration_ms: Math.round(reload.durationMs),
    revision: reload.revision,
    errors: reload.problems.filter(({ severity }) => severity === 'error').length,
    warnings: reload.problems.filter(({ severity }) => severity === 'warning').length,
    problems: problemsToJson(reload.problems),
  }
}

function describeAuthServer({ name, issuer, apis, keys }: AuthServerView): unknown {
  return {
    name,
    issuer,
    apis,
    key_origin: keys.origin,
    keys: keys.keys,
    stale: keys.stale,
    settled: keys.settled,
    last_success: keys.fetchedAt === undefined ? undefined : toTime(keys.fetchedAt),
    last_failure: keys.lastFailure,
  }
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
