import { parsePointInTime } from './point-in-time.ts'
import { type Resolution, toBytes, toMs, valid } from './resolution.ts'
import type { RevocationListSettings, RevocationSettings, RevokedTokens } from './revocation-settings.ts'
import type { Revocation } from './schema-types.ts'

/** Resolves the deny list of the file. */
export function resolveRevocations({ configuration }: Resolution): readonly RevocationSettings[] {
  return configuration.security_settings.revocations.map(entry => ({
    authServer: entry.auth_server,
    tokens: resolveTokens(entry),
    untilMs: entry.until === undefined ? undefined : valid(parsePointInTime(entry.until)),
  }))
}

/** Resolves where a further deny list is fetched from. */
export function resolveRevocationList({ configuration }: Resolution): RevocationListSettings | undefined {
  const list = configuration.security_settings.revocation_list
  if (list === undefined) return undefined
  return {
    url: list.url,
    intervalMs: toMs(list.interval),
    timeoutMs: toMs(list.timeout),
    maxBytes: toBytes(list.max_bytes),
    pointer: '/security_settings/revocation_list',
  }
}

/** The schema has made sure that what belongs together is there together. */
function resolveTokens({ jti, exp, claim = '', value = '', before = '' }: Revocation): RevokedTokens {
  if (jti !== undefined) return { kind: 'jti', jti, exp }
  return { kind: 'claim', claim, value, beforeMs: valid(parsePointInTime(before)) }
}
