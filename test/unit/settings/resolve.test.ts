import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingsOf } from '../../support/settings-document.ts'

test('without ports, and with the admin port alone, the gateway listens on loopback', () => {
  const http = { host: '127.0.0.1', port: 4485 }
  assert.deepEqual(settingsOf('name: x').ports, { http, https: undefined, admin: { host: '127.0.0.1', port: 9485 } })
  assert.deepEqual(settingsOf('ports: { admin: 9999 }').ports, {
    http,
    https: undefined,
    admin: { host: undefined, port: 9999 },
  })
})

test('with https alone there is no http', () => {
  const { ports, tls } = settingsOf('ports: { https: 7749 }')
  assert.equal(ports.http, undefined)
  assert.deepEqual(ports.https, { host: undefined, port: 7749 })
  assert.notEqual(tls, undefined)
  assert.equal(settingsOf('ports: { http: 1 }').tls, undefined)
})

test('the defaults of the example hold where nothing is written', () => {
  const { limits, drain, faults, logging, issuingRequiresHttps, trustedProxies, apiEndpoint, adminApi } =
    settingsOf('name: x')
  assert.deepEqual(limits, {
    maxHeaderBytes: 16_384,
    maxHeaderCount: 100,
    maxTargetBytes: 8192,
    maxBodyBytes: 10 * 1024 * 1024,
    maxTokenBytes: 8192,
    maxCachedTokens: 10_000,
    maxDpopProofs: 200_000,
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 300_000,
    idleTimeoutMs: 60_000,
    maxConnections: 10_000,
    maxEventLoopDelayMs: 1000,
    maxMemoryUse: 95,
  })
  assert.deepEqual(drain, { delayMs: 0, timeoutMs: 20_000 })
  assert.deepEqual(faults, { format: 'problem' })
  assert.deepEqual(logging, { level: 'info', accessLog: 'json' })
  assert.equal(issuingRequiresHttps, true)
  assert.deepEqual(trustedProxies, [])
  assert.deepEqual(apiEndpoint, { basePath: '/gateway', accessUrl: undefined })
  assert.deepEqual(adminApi, { credentials: undefined, path: '/rest/microgateway', openMetrics: false })
})

test('the level of the log is in lower case', () => {
  assert.equal(settingsOf('logging: { level: WARN }').logging.level, 'warn')
})

test('the access URL has no trailing slash', () => {
  assert.equal(
    settingsOf('api_endpoint: { access_url: "https://Orders.example.com/x/" }').apiEndpoint.accessUrl,
    'https://orders.example.com/x',
  )
  assert.equal(
    settingsOf('api_endpoint: { access_url: "https://orders.example.com/" }').apiEndpoint.accessUrl,
    'https://orders.example.com',
  )
})

test('an encoded password is the password that it encodes', () => {
  const { adminApi } = settingsOf('admin_api: { user: operator, password: "{encoded}bWFuYWdl" }')
  assert.equal(adminApi.credentials?.password.reveal(), 'manage')
})

test('the state folder starts beside the first file', () => {
  assert.equal(settingsOf('name: x', '/etc/mg').stateDir, '/etc/mg/data')
  assert.equal(settingsOf('state_dir: /var/lib/mg', '/etc/mg').stateDir, '/var/lib/mg')
})

test('a document that does not say anything resolves', () => {
  const settings = settingsOf('name: x')
  assert.deepEqual([settings.apis, settings.applications, settings.authServers, settings.users], [[], [], [], []])
})
