import { createHash } from 'node:crypto'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { OutgoingTls } from '../outbound/outgoing-tls.ts'
import type { OutgoingTlsSettings } from '../settings/upstream-settings.ts'
import type { Stores } from './stores.ts'

/**
 * Resolves a block of outgoing TLS to what connections need, through the stores that it names. Undefined where there is no block: the
 * platform's defaults, which verify. Findings point at the block's own keys.
 */
export function resolveOutgoingTls(
  settings: OutgoingTlsSettings | undefined,
  stores: Stores,
): Result<OutgoingTls | undefined, Finding> {
  if (settings === undefined) return ok(undefined)
  const { trustStoreAlias, keyStoreAlias, keyAlias, serverName, verify, pointer } = settings
  let made: Omit<OutgoingTls, 'identity'> = {
    rejectUnauthorized: verify,
    ...(serverName !== undefined && { servername: serverName }),
  }
  if (trustStoreAlias !== undefined) {
    const place = { pointer: `${pointer}/trustStoreAlias`, use: 'authority' } as const
    const trusted = stores.trusted(trustStoreAlias, undefined, place)
    if (!trusted.ok) return trusted
    made = { ...made, ca: trusted.value }
  }
  if (keyStoreAlias !== undefined) {
    const place = keyAlias === undefined ? `${pointer}/keyStoreAlias` : `${pointer}/keyAlias`
    const entry = stores.entry(keyStoreAlias, keyAlias, { pointer: place, use: 'client' })
    if (!entry.ok) return entry
    const { privateKey, certificates, alias } = entry.value
    if (privateKey === undefined || certificates.length === 0) {
      const message = `entry \`${alias}\` of keystore \`${keyStoreAlias}\` has no certificate to show`
      return { ok: false, error: { code: 'config.conflict', severity: 'error', message, pointer: place } }
    }
    const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    made = { ...made, cert: certificates.join(''), key }
  }
  return ok({ ...made, identity: createHash('sha256').update(JSON.stringify(made)).digest('base64url') })
}
