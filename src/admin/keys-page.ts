import { deny, ok, type Result } from '../errors/denial.ts'
import type { Exchange, Target } from '../exchange/exchange.ts'
import type { KeySourceStatus } from '../keys/key-source.ts'
import type { AdminView, AuthServerView } from './admin-view.ts'
import { readJsonBody } from './json-body.ts'
import { createJsonTarget, sendJson } from './json-target.ts'

/** Fetches the keys of an auth server now and resolves when that is over; a name that is unknown does nothing. */
export type RefreshKeys = (authServer: string) => Promise<void>

/** What became of one refresh that an operator asked for. */
export type RefreshResult = 'fetched' | 'failed' | 'too_soon' | 'nothing_to_fetch'

/** Creates `<admin_path>/keys`: the key rotation observatory, for all auth servers. */
export function createKeysTarget(view: AdminView): Target {
  return createJsonTarget(() => ({ status: 200, body: { auth_servers: view.authServers().map(describeKeySource) } }))
}

/**
 * Creates `POST <admin_path>/keys/refresh`: fetches the keys of every auth server, or of the one that `{"authServer": "…"}` names, and
 * tells what became of each. Not more often than the sources allow: `too_soon`.
 */
export function createKeysRefreshTarget(view: AdminView, refresh: RefreshKeys): Target {
  return {
    async handle(exchange, reply) {
      let left = false
      reply.onAbandoned(() => {
        left = true
      })
      const wanted = await readWanted(exchange, view)
      if (left) return { kind: 'abandoned' }
      if (!wanted.ok) return { kind: 'denied', denial: wanted.error }
      if (wanted.value.length === 0) return sendJson(reply, 404, { status: 'there is no such auth server' })
      const refreshed = await Promise.all(wanted.value.map(({ name }) => refreshOne(name, view, refresh)))
      return left ? { kind: 'abandoned' } : sendJson(reply, 200, { auth_servers: refreshed.flat() })
    },
  }
}

async function readWanted(exchange: Exchange, view: AdminView): Promise<Result<readonly AuthServerView[]>> {
  const read = await readJsonBody(exchange)
  if (!read.ok) return read
  const { authServer, ...others } = read.value
  const isSound = authServer === undefined || typeof authServer === 'string'
  if (!isSound || Object.keys(others).length > 0)
    return deny('request.malformed', undefined, { detail: 'The body may have `authServer`, a name, and nothing else.' })
  return ok(view.authServers().filter(({ name }) => authServer === undefined || name === authServer))
}

async function refreshOne(name: string, view: AdminView, refresh: RefreshKeys): Promise<readonly unknown[]> {
  const find = (): KeySourceStatus | undefined => view.authServers().find(server => server.name === name)?.keys
  const before = find()
  await refresh(name)
  const after = find()
  if (before === undefined || after === undefined) return []
  const result = judge(before, after)
  const known = new Set(before.observed.map(({ thumbprint }) => thumbprint))
  const present = new Set(after.observed.map(({ thumbprint }) => thumbprint))
  return [
    {
      name,
      result,
      reason: result === 'failed' ? after.lastFailure : undefined,
      keys: after.keys,
      added: [...present].filter(thumbprint => !known.has(thumbprint)).length,
      removed: [...known].filter(thumbprint => !present.has(thumbprint)).length,
      next_attempt: toTime(after.nextAttemptAtMs),
    },
  ]
}

function judge(before: KeySourceStatus, after: KeySourceStatus): RefreshResult {
  if (after.origin !== 'jwksUri' && after.origin !== 'discovery') return 'nothing_to_fetch'
  if (countFetches(before) === countFetches(after)) return 'too_soon'
  return after.lastFailure === undefined ? 'fetched' : 'failed'
}

function countFetches({ fetches }: KeySourceStatus): number {
  return fetches.fetched + fetches.unchanged + fetches.failed
}

/** Describes the keys of an auth server as plain data, times as text. No key material: a thumbprint names a key and makes none. */
export function describeKeySource({ name, issuer, keys }: AuthServerView): unknown {
  return {
    name,
    issuer,
    key_origin: keys.origin,
    keys: keys.observed.map(({ kid, thumbprint, algorithms, firstSeenMs, lastSeenMs, lastUsedMs }) => ({
      kid,
      thumbprint: thumbprint === '' ? undefined : thumbprint,
      algorithms,
      first_seen: toTime(firstSeenMs),
      last_seen: toTime(lastSeenMs),
      last_used: toTime(lastUsedMs),
    })),
    departed: keys.departed.map(({ kid, thumbprint, leftAtMs, lastUsedMs }) => ({
      kid,
      thumbprint,
      left: toTime(leftAtMs),
      last_used: toTime(lastUsedMs),
    })),
    departed_key_uses: keys.departedUses,
    stale: keys.stale,
    age_seconds: keys.setAgeMs === undefined ? undefined : Math.round(keys.setAgeMs / 1000),
    last_success: toTime(keys.fetchedAt),
    last_attempt: toTime(keys.lastAttemptAtMs),
    last_failure: keys.lastFailure,
    next_attempt: toTime(keys.nextAttemptAtMs),
    fetches: keys.fetches,
    from_disk: keys.restored,
    disk_failure: keys.copyFailure,
  }
}

function toTime(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()
}
