/** What `ports.https` shows and asks for: certificates by name, out of stores of every kind, client certificates, changes while it runs. */
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { makeAuthority } from '../support/authority.ts'
import { send } from '../support/call.ts'
import { makeCertificate, type TestCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { openGateway, refuseGateway, type TestGateway } from '../support/gateway.ts'
import { openHttp2 } from '../support/http2-call.ts'
import { hasKeytool, makeJks, makePkcs12, makeWithKeytool } from '../support/key-stores.ts'
import { callTls, fingerprintOf, openTls, sendOn, shownBy } from '../support/tls-call.ts'

const PORTS = 'ports: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }\n'
const API = 'apis: [ { name: orders, upstream: builtin:echo, open: true } ]\n'
const authority = makeAuthority('clients')
const server = makeCertificate('DNS:localhost,IP:127.0.0.1')

/** Settings whose keystore `edge` has these entries in PEM. */
function settingsOf(aliases: readonly string[], tls = ''): string {
  const entries = aliases.map(alias => `{ alias: ${alias}, certificate: ${alias}.crt, private_key: ${alias}.key }`)
  const certificates = aliases.map(alias => `{ keyStoreAlias: edge, keyAlias: ${alias} }`)
  return `${PORTS}${API}
tls: { certificates: [ ${certificates.join(', ')} ]${tls} }
security_settings:
  keystores: [ { name: edge, entries: [ ${entries.join(', ')} ] } ]
  truststores: [ { name: clients, entries: [ { alias: a, certificate: clients.crt } ] } ]
`
}

function filesOf(certificates: Readonly<Record<string, TestCertificate>>): Record<string, string> {
  const files: Record<string, string> = { 'clients.crt': authority.cert }
  for (const [alias, { key, cert }] of Object.entries(certificates)) {
    files[`${alias}.crt`] = cert
    files[`${alias}.key`] = key
  }
  return files
}

async function shown(gateway: TestGateway, options: ConnectionOptions): Promise<string | undefined> {
  const socket = await openTls(gateway.httpsUrl, { rejectUnauthorized: false, ...options })
  const fingerprint = shownBy(socket)
  socket.destroy()
  return fingerprint
}

test('certificates by server name', async t => {
  const one = makeCertificate('DNS:one.test')
  const two = makeCertificate('DNS:Two.test,DNS:*.two.test')
  const gateway = await openGateway(t, {
    settings: settingsOf(['one', 'two'], ', min_version: TLSv1.3'),
    files: filesOf({ one, two }),
  })
  await t.test('serve the names of their SAN in any case; a wildcard stands for one label', async () => {
    for (const servername of ['two.test', 'TWO.TEST', 'x.two.test', 'X.Two.Test']) {
      assert.equal(await shown(gateway, { servername }), fingerprintOf(two.cert), servername)
    }
    for (const servername of ['one.test', 'a.b.two.test', 'other.test', '']) {
      assert.equal(await shown(gateway, { servername }), fingerprintOf(one.cert), servername)
    }
  })
  await t.test('are served from the lowest version on that is allowed', async () => {
    assert.equal(await shown(gateway, { maxVersion: 'TLSv1.3' }), fingerprintOf(one.cert))
    await assert.rejects(shown(gateway, { maxVersion: 'TLSv1.2' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
  })
})

test('a certificate comes out of a store of any kind', async t => {
  const password = 'changeit'
  const stores: readonly (readonly [kind: string, bytes: Buffer, fingerprint: string | undefined])[] = [
    ['pkcs12', makePkcs12(server, { alias: 'edge', password }), fingerprintOf(server.cert)],
    ['pkcs12', makePkcs12(server, { alias: 'edge', password, options: ['-legacy'] }), fingerprintOf(server.cert)],
    [
      'jks',
      makeJks([{ alias: 'edge', certificates: [server.cert], key: server.key }], password),
      fingerprintOf(server.cert),
    ],
    ...(hasKeytool() ? [['jks', makeWithKeytool({ type: 'JKS', password, keys: ['edge'] }), undefined] as const] : []),
  ]
  for (const [type, bytes, fingerprint] of stores) {
    const gateway = await openGateway(t, {
      settings: `${PORTS}${API}
tls: { certificates: [ { keyStoreAlias: edge, keyAlias: Edge } ] }
security_settings: { keystores: [ { name: edge, type: ${type}, file: edge.store, password: "\${PASSWORD}" } ] }`,
      environment: { PASSWORD: password },
      prepare: folder => writeFileSync(join(folder, 'edge.store'), bytes),
    })
    const found = await shown(gateway, {})
    assert.ok(found !== undefined && (fingerprint === undefined || found === fingerprint))
    assert.equal((await callTls(gateway.httpsUrl, { rejectUnauthorized: false })).status, 200)
  }
})

test('a private key may be encrypted', async t => {
  const sealed = createPrivateKey(server.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'of the key',
  })
  const settings = (password: string) =>
    settingsOf(['one']).replace('private_key: one.key', `private_key: one.key${password}`)
  const files = { ...filesOf({ one: server }), 'one.key': String(sealed) }
  const gateway = await openGateway(t, { settings: settings(', password: of the key'), files })
  assert.equal(await shown(gateway, {}), fingerprintOf(server.cert))
  const wrong = await refuseGateway(t, { settings: settings(', password: another'), files })
  assert.match(wrong, /the password does not open private key/)
  assert.ok(!wrong.includes('another:'))
  assert.match(
    await refuseGateway(t, { settings: settings(''), files }),
    /is encrypted, and there is no password for it/,
  )
})

test('client certificates', async t => {
  const known = authority.issue('DNS:billing.test,URI:spiffe://test/billing', {
    subject: '/O=Example/CN=billing',
    usage: 'clientAuth',
  })
  const stranger = makeAuthority('strangers').issue('DNS:billing.test')
  const unfit = authority.issue('DNS:server.test', { usage: 'serverAuth' })
  const over = authority.issue('DNS:over.test', { days: -1 })

  await t.test('that are required are asked for in the handshake, and nobody gets in without', async parent => {
    const gateway = await openGateway(parent, {
      settings: settingsOf(['one'], ', trustStoreAlias: clients, client_certificates: required'),
      files: filesOf({ one: server }),
    })
    const { httpsUrl } = gateway
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      assert.equal((await callTls(httpsUrl, { ca: server.cert, maxVersion, ...known })).status, 200)
      for (const client of [{}, stranger, unfit, over, server]) {
        await assert.rejects(callTls(httpsUrl, { ca: server.cert, maxVersion, ...client }))
      }
    }
    await assert.rejects(openHttp2(httpsUrl, server.cert).then(client => client.send({ path: '/orders' })))
  })
  await t.test(
    'that are optional count where they are verified, and the call goes on where they are not',
    async parent => {
      const gateway = await openGateway(parent, {
        settings: settingsOf(['one'], ', trustStoreAlias: clients, client_certificates: optional'),
        files: filesOf({ one: server }),
      })
      for (const client of [{}, known, stranger, unfit, over]) {
        assert.equal((await callTls(gateway.httpsUrl, { ca: server.cert, ...client })).status, 200)
      }
    },
  )
})

test('a new certificate', async t => {
  const next = makeCertificate('DNS:localhost')
  const gateway = await openGateway(t, {
    settings: settingsOf(['one']),
    watch: true,
    prepare: folder => layOut(folder, 'first', server),
  })
  const connection = await openTls(gateway.httpsUrl, { ca: server.cert })
  t.after(() => connection.destroy())
  assert.equal((await sendOn(connection)).status, 200)

  await t.test('that does not fit its key changes nothing, loudly', async () => {
    const reloaded = new Promise(resolve => gateway.gateway.onReload(resolve))
    layOut(gateway.folder, 'mixed', { key: server.key, cert: next.cert })
    assert.equal(((await reloaded) as { result: string }).result, 'refused')
    assert.equal(await shown(gateway, {}), fingerprintOf(server.cert))
    assert.ok(gateway.log.some(({ level, msg }) => level === 'ERROR' || /refused|not valid/.test(msg ?? '')))
  })
  await t.test('serves within five seconds of a swapped link, and no connection is dropped for it', async () => {
    const swappedAt = performance.now()
    layOut(gateway.folder, 'second', next)
    await eventually(
      () => shown(gateway, {}),
      found => found === fingerprintOf(next.cert),
      5_000,
    )
    assert.ok(performance.now() - swappedAt < 5_000)
    assert.equal((await sendOn(connection)).status, 200)
    assert.equal(shownBy(connection), fingerprintOf(server.cert))
  })
})

test('an authority that is taken out ends at the next handshake, resumed sessions included', async t => {
  const known = authority.issue('DNS:billing.test')
  const others = makeAuthority('others')
  const settings = settingsOf(['one'], ', trustStoreAlias: clients, client_certificates: required')
  const gateway = await openGateway(t, { settings, files: filesOf({ one: server }) })
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const options = { ca: server.cert, maxVersion, ...known }
    gateway.write('clients.crt', authority.cert)
    await gateway.gateway.reload('admin')
    const socket = await openTls(gateway.httpsUrl, options)
    assert.equal((await sendOn(socket)).status, 200)
    // Over TLS 1.3 it comes behind the handshake, before the answer.
    const session = socket.getSession()
    assert.ok(session !== undefined)
    socket.destroy()
    const again = await openTls(gateway.httpsUrl, { ...options, session })
    assert.ok(again.isSessionReused())
    assert.equal((await sendOn(again)).status, 200)
    again.destroy()
    gateway.write('clients.crt', others.cert)
    assert.equal((await gateway.gateway.reload('admin')).result, 'applied')
    await assert.rejects(callTls(gateway.httpsUrl, { ...options, session }), `${maxVersion} resumes`)
  }
})

test('what is wrong with a store is told with its place and its cure', async t => {
  const password = 'tr0ub4dor'
  const file = makePkcs12(server, { alias: 'edge', password })
  const refuse = (store: string, bytes: Buffer, alias = ', keyAlias: edge') =>
    refuseGateway(t, {
      settings: `${PORTS}${API}
tls: { certificates: [ { keyStoreAlias: edge${alias} } ] }
security_settings:
  keystores: [ { name: edge, ${store} } ]`,
      prepare: folder => writeFileSync(join(folder, 'edge.p12'), bytes),
    })
  const table: readonly (readonly [store: string, bytes: Buffer, says: RegExp, alias?: string])[] = [
    [
      'type: pkcs12, file: edge.p12, password: wrong',
      file,
      /config\.secret[\s\S]*microgateway\.yml:\d+:\d+[\s\S]*openssl pkcs12 -in edge\.p12/,
    ],
    ['type: pkcs12, file: edge.p12', file, /needs a password/],
    [
      `type: pkcs12, file: edge.p12, password: ${password}`,
      file,
      /no key `other`[\s\S]*it has `edge`/,
      ', keyAlias: other',
    ],
    [`type: pkcs12, file: edge.p12, password: ${password}`, file.subarray(0, 700), /cut short/],
    [`type: jks, file: edge.p12, password: ${password}`, file, /is PKCS#12, not JKS[\s\S]*type: pkcs12/],
    [`type: pkcs12, file: nowhere.p12, password: ${password}`, file, /does not exist/],
    [
      `type: jks, file: edge.p12, password: ${password}`,
      Buffer.from('cececece00000002', 'hex'),
      /JCEKS[\s\S]*keytool -importkeystore -srckeystore edge\.p12/,
    ],
  ]
  for (const [store, bytes, says, alias] of table) {
    const said = await refuse(store, bytes, alias)
    assert.match(said, says)
    assert.ok(!said.includes(password), said)
  }
})

test('the dates of certificates in use are looked after', async t => {
  const soon = authority.issue('DNS:localhost', { days: 2 })
  const gateway = await openGateway(t, { settings: settingsOf(['one']), files: filesOf({ one: soon }) })
  const told = gateway.log.find(({ msg }) => msg === 'a certificate expires soon')
  assert.equal(told?.['store'], 'edge')
  assert.equal(told?.['alias'], 'one')
  assert.equal(gateway.log.filter(({ msg }) => msg === 'a certificate expires soon').length, 1)
  const [certificate] = gateway.gateway.view.certificates()
  assert.equal(certificate?.use, 'server')
  assert.ok((certificate?.notAfterMs ?? 0) > Date.now())
  await gateway.gateway.reload('admin')
  assert.equal(gateway.log.filter(({ msg }) => msg === 'a certificate expires soon').length, 1)
  await assert.rejects(send(gateway.httpsUrl, { path: '/orders', ca: server.cert }))
})

/** Lays files out as Kubernetes mounts them: links through `..data`, which is swapped in one step. */
function layOut(folder: string, name: string, { key, cert }: TestCertificate): void {
  mkdirSync(join(folder, name))
  writeFileSync(join(folder, name, 'one.crt'), cert)
  writeFileSync(join(folder, name, 'one.key'), key)
  writeFileSync(join(folder, name, 'clients.crt'), authority.cert)
  symlinkSync(name, join(folder, '..next'))
  renameSync(join(folder, '..next'), join(folder, '..data'))
  for (const file of ['one.crt', 'one.key', 'clients.crt']) {
    try {
      symlinkSync(join('..data', file), join(folder, file))
    } catch {
      // It is there already, and leads through the link that was swapped.
    }
  }
}
