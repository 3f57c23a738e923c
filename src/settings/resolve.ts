/**
 * From a valid document to `Settings`: defaults filled in, units converted, paths absolute, short forms written out, policies worked out for
 * each route. The one place where the keys of the YAML become our own names. Nothing is judged here: `validate.ts` and
 * `check-document.ts` have found no error. Called by `load.ts`.
 */
import { parseAddressRange } from './address-range.ts'
import type { SettingsDocument } from './document.ts'
import { listIdentityFields } from './identity-fields.ts'
import { parseListenAddress } from './listen-address.ts'
import type {
  AdminApiSettings,
  ApiEndpointSettings,
  Http2Settings,
  LimitsSettings,
  PortsSettings,
  Settings,
} from './model.ts'
import { parseBasePath } from './path-template.ts'
import { openResolution, toBytes, toMs, valid } from './resolution.ts'
import { resolveApis } from './resolve-apis.ts'
import { resolveApplications } from './resolve-applications.ts'
import { resolveAuthServers } from './resolve-auth-servers.ts'
import { resolveRevocationList, resolveRevocations } from './resolve-revocations.ts'
import { resolveScopeMappings } from './resolve-scope-mappings.ts'
import { resolveKeystores, resolveTls, resolveTruststores } from './resolve-stores.ts'
import { computeRevision } from './revision.ts'
import { type CompiledSchema, loadSchema } from './schema.ts'
import type { AdminApi, ApiEndpoint, Http2, Limits, Ports } from './schema-types.ts'
import { Secret } from './secret.ts'
import { plainPassword } from './secret-text.ts'

/** Resolves a document that has no error. Reads the files that it names, for the revision only. */
export function resolveSettings(document: SettingsDocument, schema: CompiledSchema = loadSchema()): Settings {
  const resolution = openResolution(document, schema)
  const { configuration } = resolution
  const ports = resolvePorts(configuration.ports, schema)
  const scopeMappings = resolveScopeMappings(configuration.scope_mappings)
  const settings = {
    name: configuration.name,
    ports,
    tls: ports.https === undefined ? undefined : resolveTls(resolution),
    apiEndpoint: resolveApiEndpoint(configuration.api_endpoint),
    adminApi: resolveAdminApi(configuration.admin_api),
    stateDir: resolution.absolute('/state_dir', configuration.state_dir),
    trustedProxies: configuration.trusted_proxies.map(range => valid(parseAddressRange(range))),
    limits: resolveLimits(configuration.limits),
    http2: resolveHttp2(configuration.http2),
    drain: { delayMs: toMs(configuration.drain.delay), timeoutMs: toMs(configuration.drain.timeout) },
    users: configuration.users.map((user, index) => ({
      name: user.name,
      passwordHash: user.password_hash,
      pointer: `/users/${index}`,
    })),
    keystores: resolveKeystores(resolution),
    truststores: resolveTruststores(resolution),
    authServers: resolveAuthServers(resolution),
    revocations: resolveRevocations(resolution),
    revocationList: resolveRevocationList(resolution),
    applications: resolveApplications(configuration.applications),
    scopeMappings,
    apis: resolveApis(configuration, scopeMappings, schema),
    identityFields: listIdentityFields(document),
    faults: { format: configuration.faults.format },
    issuingRequiresHttps: configuration.extended_settings.pg_JWT_isHTTPS,
    logging: {
      level: toLevel(configuration.logging.level),
      accessLog: configuration.logging.access_log,
    },
  }
  return { ...settings, revision: computeRevision(settings, document) }
}

/** A level is written in any case; the schema has compared it without. */
function toLevel(level: string): Settings['logging']['level'] {
  const lower = level.toLowerCase()
  return (['error', 'warn', 'debug', 'trace'] as const).find(known => known === lower) ?? 'info'
}

/** Without `http` and `https` the default of the whole block counts: somebody who only moves `admin` still wants a gateway. */
function resolvePorts(ports: Ports, schema: CompiledSchema): PortsSettings {
  const isWritten = ports.http !== undefined || ports.https !== undefined
  const { http } = isWritten ? ports : ({ ...ports, ...Object(schema.schemaAt(['ports'])?.default) } as Ports)
  return {
    http: http === undefined ? undefined : valid(parseListenAddress(http)),
    https: ports.https === undefined ? undefined : valid(parseListenAddress(ports.https)),
    admin: valid(parseListenAddress(ports.admin)),
  }
}

function resolveApiEndpoint(endpoint: ApiEndpoint): ApiEndpointSettings {
  const url = endpoint.access_url === undefined ? undefined : new URL(endpoint.access_url)
  return {
    basePath: valid(parseBasePath(endpoint.base_path)),
    accessUrl: url === undefined ? undefined : url.origin + url.pathname.replace(/\/+$/, ''),
  }
}

function resolveAdminApi(admin: AdminApi): AdminApiSettings {
  const { user, password } = admin
  const plain = password === undefined ? undefined : plainPassword(password)
  return {
    credentials: user === undefined || plain === undefined ? undefined : { user, password: new Secret(plain) },
    path: valid(parseBasePath(admin.admin_path)),
    openMetrics: admin.open_metrics,
  }
}

function resolveLimits(limits: Limits): LimitsSettings {
  return {
    maxHeaderBytes: toBytes(limits.max_header_bytes),
    maxHeaderCount: limits.max_header_count,
    maxTargetBytes: toBytes(limits.max_target_bytes),
    maxBodyBytes: toBytes(limits.max_body_bytes),
    maxTokenBytes: toBytes(limits.max_token_bytes),
    maxCachedTokens: limits.max_cached_tokens,
    maxDpopProofs: limits.max_dpop_proofs,
    headersTimeoutMs: toMs(limits.headers_timeout),
    requestTimeoutMs: toMs(limits.request_timeout),
    idleTimeoutMs: toMs(limits.idle_timeout),
    maxConnections: limits.max_connections,
    maxEventLoopDelayMs: toMs(limits.max_event_loop_delay),
    maxMemoryUse: limits.max_memory_use,
  }
}

function resolveHttp2(http2: Http2): Http2Settings {
  return {
    enabled: http2.enabled,
    cleartext: http2.cleartext,
    maxStreams: http2.max_streams,
    maxResets: http2.max_resets,
  }
}
