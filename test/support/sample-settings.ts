/** Resolved settings for rooms that read them: one API behind one issuer of ours, changed as a test needs. */

import type { ApiSettings, ApplicationSettings, AuthServerSettings, Settings } from '../../src/settings/model.ts'
import { DPOP_DEFAULTS } from './dpop.ts'

export const SAMPLE_API: ApiSettings = {
  name: 'orders',
  version: undefined,
  basePath: '/orders',
  hosts: [],
  active: true,
  closeOnExpiry: true,
  upstream: { kind: 'echo' },
  routes: [
    {
      match: { method: 'ANY', path: '/*' },
      policies: {
        protocols: ['http', 'https'],
        identifyAndAuthorize: {
          condition: 'or',
          allowAnonymous: false,
          rules: [
            {
              kind: 'jwt',
              applications: 'none',
              authServers: ['local'],
              audience: 'if_present',
              dpop: DPOP_DEFAULTS,
              pointer: '/apis/0/policies/0',
            },
          ],
          pointer: '/apis/0/policies/0',
        },
        requireScopes: [],
        require: [],
        outboundAuthentication: 'incoming',
      },
      pointer: '/apis/0',
    },
  ],
  pointer: '/apis/0',
}

export const SAMPLE_AUTH_SERVER: AuthServerSettings = {
  name: 'local',
  id: undefined,
  description: undefined,
  issuer: 'http://127.0.0.1:4485',
  keys: { kind: 'own' },
  audience: [],
  algorithms: undefined,
  clockSkewSeconds: 30,
  requireExp: true,
  tokenGenerator: { algorithm: 'ES256', expiryMinutes: 60, audience: 'orders', keystore: 'signing', keyAlias: 'key-1' },
  scopes: [],
  pointer: '/security_settings/auth_servers/0',
}

export const SAMPLE_APPLICATION: ApplicationSettings = {
  id: 'app-1',
  name: 'billing',
  owner: undefined,
  tier: undefined,
  suspended: false,
  apis: ['orders'],
  authServers: undefined,
  identifiers: {
    claimSets: [],
    apiKeys: [],
    users: ['alice'],
    hostNames: [],
    ipRanges: [],
    clientCertificates: [],
    clientIds: [],
  },
  strategies: [],
  pointer: '/applications/0',
}

const SETTINGS: Settings = {
  name: 'quickstart',
  revision: 'abcdef012345',
  ports: {
    http: { host: '127.0.0.1', port: 4485 },
    https: undefined,
    admin: { host: '127.0.0.1', port: 9485 },
  },
  tls: undefined,
  apiEndpoint: { basePath: '/gateway', accessUrl: undefined },
  adminApi: { credentials: undefined, path: '/rest/microgateway', openMetrics: false },
  stateDir: '/nowhere',
  trustedProxies: [],
  limits: {
    maxHeaderBytes: 16384,
    maxHeaderCount: 100,
    maxTargetBytes: 8192,
    maxBodyBytes: 1048576,
    maxTokenBytes: 8192,
    maxCachedTokens: 10_000,
    maxDpopProofs: 200_000,
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    maxConnections: 10_000,
    maxEventLoopDelayMs: 1_000,
    maxMemoryUse: 95,
  },
  http2: { enabled: true, cleartext: false, maxStreams: 100, maxResets: 200 },
  drain: { delayMs: 0, timeoutMs: 20_000 },
  users: [{ name: 'alice', passwordHash: 'scrypt:16384:8:1:AAAA:BBBB', pointer: '/users/0' }],
  keystores: [
    {
      type: 'generated',
      name: 'signing',
      algorithm: 'ES256',
      alias: 'key-1',
      pointer: '/security_settings/keystores/0',
    },
  ],
  truststores: [],
  authServers: [SAMPLE_AUTH_SERVER],
  applications: [],
  revocations: [],
  revocationList: undefined,
  scopeMappings: [],
  apis: [SAMPLE_API],
  identityFields: [],
  faults: { format: 'problem' },
  issuingRequiresHttps: false,
  logging: { level: 'info', accessLog: 'json' },
}

/** Makes settings, with some members replaced. */
export function sampleSettings(changed: Partial<Settings> = {}): Settings {
  return { ...SETTINGS, ...changed }
}
