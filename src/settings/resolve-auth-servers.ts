import type { AuthServerSettings, JwksSettings, KeyOriginSettings, TokenGeneratorSettings } from './model.ts'
import { entryOf, type Resolution, toBytes, toMs } from './resolution.ts'
import { resolveIntrospection } from './resolve-introspection.ts'
import { resolveOutgoingTls } from './resolve-stores.ts'
import type { AuthServer, Jwks, Keystore } from './schema-types.ts'

/** Resolves the auth servers, those that only introspect included (without issuer and keys). */
export function resolveAuthServers(resolution: Resolution): readonly AuthServerSettings[] {
  return resolution.configuration.security_settings.auth_servers.map((server, index) =>
    resolveAuthServer(resolution, server, `/security_settings/auth_servers/${index}`),
  )
}

function resolveAuthServer(resolution: Resolution, server: AuthServer, pointer: string): AuthServerSettings {
  const local = server.localIntrospectionConfig
  const tokenGenerator = resolveTokenGenerator(resolution, server)
  const audiences = [local.audience ?? [], server.tokenGeneratorConfig?.audience ?? []].flat()
  return {
    name: server.name,
    id: server.id,
    description: server.description,
    issuer: local.issuer,
    keys: resolveKeys(resolution, server, tokenGenerator, `${pointer}/localIntrospectionConfig`),
    audience: [...new Set(audiences)],
    algorithms: local.algorithms,
    clockSkewSeconds: toMs(local.clock_skew) / 1000,
    requireExp: local.require_exp,
    tokenGenerator,
    introspection: resolveIntrospection(server.remoteIntrospectionConfig, `${pointer}/remoteIntrospectionConfig`),
    scopes: server.scopes.map(({ name, description }) => ({ name, description })),
    pointer,
  }
}

/** The first source that is written counts: our own key, the JWKS URI, the JWKS file, the pinned certificate. */
function resolveKeys(
  resolution: Resolution,
  server: AuthServer,
  tokenGenerator: TokenGeneratorSettings | undefined,
  pointer: string,
): KeyOriginSettings {
  const { jwksuri, jwks_file: file, trustStoreAlias, certificateAlias, jwks } = server.localIntrospectionConfig
  if (tokenGenerator !== undefined) return { kind: 'own' }
  if (jwksuri !== undefined) {
    return {
      kind: 'jwksUri',
      uri: jwksuri,
      jwks: resolveJwks(jwks),
      tls: resolveOutgoingTls(server.localIntrospectionConfig.tls, `${pointer}/tls`),
      pointer: `${pointer}/jwksuri`,
    }
  }
  const { discovery_url: url, allow_http: allowHttp, tls } = server.localIntrospectionConfig
  if (url !== undefined) {
    return {
      kind: 'discovery',
      url,
      allowHttp,
      jwks: resolveJwks(jwks),
      tls: resolveOutgoingTls(tls, `${pointer}/tls`),
      pointer: `${pointer}/discovery_url`,
    }
  }
  if (file !== undefined) {
    const place = `${pointer}/jwks_file`
    return { kind: 'jwksFile', file: resolution.absolute(place, file), pointer: place }
  }
  if (trustStoreAlias === undefined || certificateAlias === undefined) return { kind: 'none' }
  const place = `${pointer}/certificateAlias`
  return { kind: 'certificate', truststore: trustStoreAlias, alias: certificateAlias, pointer: place }
}

function resolveJwks(jwks: Jwks): JwksSettings {
  return {
    maxAgeMs: toMs(jwks.max_age),
    minAgeMs: toMs(jwks.min_age),
    maxStaleMs: toMs(jwks.max_stale),
    cooldownMs: toMs(jwks.cooldown),
    fetchTimeoutMs: toMs(jwks.fetch_timeout),
    maxBytes: toBytes(jwks.max_bytes),
  }
}

/** Without a keystore that can be used there is nothing to sign with. */
function resolveTokenGenerator(resolution: Resolution, server: AuthServer): TokenGeneratorSettings | undefined {
  const generator = server.tokenGeneratorConfig
  const store = resolution.configuration.security_settings.keystores.find(
    ({ name }) => name === generator?.keyStoreAlias,
  )
  if (generator === undefined || store === undefined) return undefined
  return {
    algorithm: generator.algorithm,
    expiryMinutes: generator.expiry,
    audience: generator.audience,
    keystore: store.name,
    keyAlias: aliasIn(store, generator.keyAlias),
  }
}

/** The alias that counts; undefined where it stands in the keystore's file. */
function aliasIn(store: Keystore, written: string | undefined): string | undefined {
  if (store.type === 'generated') return store.alias
  return store.type === 'pem' ? entryOf(store.entries, written)?.entry.alias : written
}
