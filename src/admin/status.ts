import type { Clock } from '../clock/clock.ts'
import { problemsToJson } from '../diagnostics/json.ts'
import type { Target } from '../exchange/exchange.ts'
import type { IntrospectionStatus } from '../introspection/introspector.ts'
import { daysLeft } from '../keys/certificate-expiry.ts'
import type { CertificateInUse } from '../keys/certificate-in-use.ts'
import type { Settings } from '../settings/model.ts'
import type { GroupStatus } from '../upstream/target-group.ts'
import type { AdminView, AuthServerView, OverloadView, ReloadView, RevocationsView } from './admin-view.ts'
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
    overload: describeOverload(view.overload()),
    auth_servers: view.authServers().map(describeAuthServer),
    revocations: describeRevocations(view.revocations()),
    upstreams: view.upstreams().map(describeUpstream),
    certificates: view.certificates().map(certificate => describeCertificate(certificate, nowMs)),
    unverified_tls: inForce === undefined ? [] : listUnverified(inForce.settings),
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

/** Describes how much is revoked as plain data. */
export function describeRevocations({ inSettings, kept, list }: RevocationsView): unknown {
  return {
    settings: inSettings,
    admin: kept,
    list:
      list === undefined
        ? undefined
        : {
            entries: list.entries,
            known: list.isKnown,
            last_success: list.lastSuccessMs === undefined ? undefined : toTime(list.lastSuccessMs),
            last_failure: list.lastFailure,
            failures: list.failures,
            next_attempt: list.nextAttemptMs === undefined ? undefined : toTime(list.nextAttemptMs),
          },
  }
}

function describeOverload({ guard, refusedConnections, refusedRequests }: OverloadView): unknown {
  return { guard: guard ?? null, refused_connections: refusedConnections, refused_requests: refusedRequests }
}

function describeAuthServer({ name, issuer, apis, keys, introspection }: AuthServerView): unknown {
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
    age_seconds: keys.setAgeMs === undefined ? undefined : Math.round(keys.setAgeMs / 1000),
    next_attempt: keys.nextAttemptAtMs === undefined ? undefined : toTime(keys.nextAttemptAtMs),
    from_disk: keys.restored,
    disk_failure: keys.copyFailure,
    departed_keys: keys.departed.length,
    departed_key_uses: keys.departedUses,
    introspection: introspection === undefined ? undefined : describeIntrospection(introspection),
  }
}

function describeIntrospection(status: IntrospectionStatus): unknown {
  const { state, requests, cacheHits, cached, lastSuccessAt, lastFailure } = status
  return {
    state,
    requests,
    cache_hits: cacheHits,
    cached,
    last_success: lastSuccessAt === undefined ? undefined : toTime(lastSuccessAt),
    last_failure: lastFailure,
  }
}

function describeCertificate(certificate: CertificateInUse, nowMs: number): unknown {
  const { store, alias, use, fingerprint, notAfterMs } = certificate
  return { store, alias, use, fingerprint, not_after: toTime(notAfterMs), days_left: daysLeft(certificate, nowMs) }
}

/** Names everybody whose calls believe whoever answers (`verify: false`). */
function listUnverified({ apis, authServers }: Settings): readonly string[] {
  const unverifiedApis = apis.filter(
    ({ active, upstream }) => active && 'tls' in upstream && upstream.tls?.verify === false,
  )
  const unverifiedServers = authServers.filter(
    ({ keys, introspection }) => ('tls' in keys && keys.tls?.verify === false) || introspection?.tls?.verify === false,
  )
  return [
    ...unverifiedApis.map(({ name }) => `api ${name}`),
    ...unverifiedServers.map(({ name }) => `auth server ${name}`),
  ]
}

function describeUpstream({ api, apiVersion, circuit, retries, targets }: GroupStatus): unknown {
  return {
    api,
    api_version: apiVersion,
    circuit,
    retries,
    targets: targets.map(({ url, condition, share, inFlight, ejections, failedChecks, lastReason }) => ({
      url,
      state: condition,
      share: Math.round(share * 100) / 100,
      in_flight: inFlight,
      ejections,
      failed_checks: failedChecks,
      last_reason: lastReason,
    })),
  }
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
