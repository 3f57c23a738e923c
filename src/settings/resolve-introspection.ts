import type { IntrospectionClientSettings, RemoteIntrospectionSettings } from './introspection-settings.ts'
import { toBytes, toMs } from './resolution.ts'
import { resolveOutgoingTls } from './resolve-stores.ts'
import type { RemoteIntrospection } from './schema-types.ts'
import { Secret } from './secret.ts'

/** Resolves where an auth server is asked about tokens; undefined where it is nowhere. */
export function resolveIntrospection(
  remote: RemoteIntrospection | undefined,
  pointer: string,
): RemoteIntrospectionSettings | undefined {
  if (remote === undefined) return undefined
  return {
    endpoint: remote.introspectionEndpoint,
    client: resolveClient(remote),
    cacheMs: toMs(remote.cache),
    inactiveCacheMs: toMs(remote.inactive_cache),
    timeoutMs: toMs(remote.timeout),
    maxBytes: toBytes(remote.max_bytes),
    signedAnswers: remote.signed_answers,
    tls: resolveOutgoingTls(remote.tls, `${pointer}/tls`),
    pointer,
  }
}

/** What is missing was reported before: a client that lacks something says nothing of itself, and is refused there. */
function resolveClient(remote: RemoteIntrospection): IntrospectionClientSettings {
  const { client_authentication: kind, clientId, clientSecret, keyStoreAlias: keystore, keyAlias } = remote
  if (clientId === undefined) return { kind: 'none' }
  if (kind === 'tls') return { kind, clientId }
  if (kind === 'private_key_jwt')
    return keystore === undefined ? { kind: 'none' } : { kind, clientId, keystore, keyAlias }
  return clientSecret === undefined ? { kind: 'none' } : { kind, clientId, clientSecret: new Secret(clientSecret) }
}
