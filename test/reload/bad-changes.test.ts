/** Product.md 2 and quality.md F2: a change that is not valid changes nothing, loudly, and is over when it is taken back or mended. */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { send } from '../support/call.ts'
import { makeCertificate } from '../support/certificate.ts'
import { openGateway, withPorts } from '../support/gateway.ts'
import { nextReload, readMetric, readStatus } from '../support/reloads.ts'

const GOOD = withPorts(`
name: good
security_settings:
  truststores: [ { name: partners, entries: [ { alias: idp, certificate: idp.crt } ] } ]
apis: [ { name: orders, upstream: "builtin:echo", open: true } ]
`)
const SUCCESSFUL = 'microgateway_config_last_reload_successful'
const SUCCESS_TIME = 'microgateway_config_last_reload_success_timestamp_seconds'

test('a broken file is loud in the log, the status and the metrics, and so is its end', async t => {
  const running = await openGateway(t, {
    settings: GOOD,
    files: { 'idp.crt': makeCertificate('DNS:idp').cert },
    watch: true,
  })
  const { gateway, write, url, log } = running
  const { revision } = gateway.settings()
  assert.equal(await readMetric(running, SUCCESSFUL), 1)
  const succeeded = await readMetric(running, SUCCESS_TIME)

  let ended = nextReload(gateway)
  write('microgateway.yml', GOOD.replace('upstream:', 'upstreem:'))
  assert.equal((await ended).result, 'refused')
  assert.equal((await send(url, { path: '/orders' })).status, 200)
  const status = await readStatus(running)
  assert.partialDeepStrictEqual(status, {
    config: { revision, on_disk_in_force: false },
    last_reload: { result: 'refused', reason: 'file', revision },
  })
  assert.match(JSON.stringify(status['last_reload']), /upstreem/)
  assert.equal(await readMetric(running, SUCCESSFUL), 0)
  assert.equal(await readMetric(running, SUCCESS_TIME), succeeded, 'the last success is still the last one')
  const errors = log.filter(({ level }) => level === 'error')
  assert.match(errors[0]?.msg ?? '', /^reload refused, still on/)
  assert.partialDeepStrictEqual(errors[1], { code: 'config.unknown_key', file: 'microgateway.yml', line: 6 })

  ended = nextReload(gateway, ({ result }) => result === 'unchanged')
  write('microgateway.yml', GOOD)
  await ended
  assert.partialDeepStrictEqual(await readStatus(running), { config: { revision, on_disk_in_force: true } })
  assert.equal(await readMetric(running, SUCCESSFUL), 1)
  assert.match(log.findLast(({ msg }) => msg !== undefined)?.msg ?? '', /^the refused change was taken back/)

  ended = nextReload(gateway)
  write('microgateway.yml', GOOD.replace('name: good', 'name: better'))
  assert.equal((await ended).result, 'applied')
  assert.equal(gateway.settings().name, 'better')
})

test('whatever is wrong, what runs keeps running, and nothing stays behind', async t => {
  const certificate = makeCertificate('DNS:idp').cert
  const { gateway, url, folder, write } = await openGateway(t, { settings: GOOD, files: { 'idp.crt': certificate } })
  const { revision } = gateway.settings()
  const held = gateway.held()
  const bad: Readonly<Record<string, string | Buffer>> = {
    nothing: '',
    'a comment only': '# later\n',
    'a cut': GOOD.slice(0, GOOD.indexOf('apis:') + 20),
    'no YAML': 'apis: [ { name: "orders }\n',
    'a wrong type': GOOD.replace('[ { name: orders', '{ name: orders'),
    'an unknown name': GOOD.replace('open: true', 'policies: [ jwt: idp ]'),
    'a name twice': `${GOOD}name: again\n`,
    'an expression that does not compile': GOOD.replace('open: true', 'open: true, policies: [ { require: "a +" } ]'),
    'no text': Buffer.from([0xff, 0xfe, 0x00, 0x01]),
    'a bomb': `a: &a [1,1,1,1]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n`,
  }
  for (const [what, content] of Object.entries(bad)) {
    writeFileSync(join(folder, 'microgateway.yml'), content)
    const status = await gateway.reload('signal')
    assert.equal(status.result, 'refused', what)
    assert.ok(
      status.problems.some(({ severity }) => severity === 'error'),
      what,
    )
    assert.equal((await send(url, { path: '/orders' })).status, 200, what)
  }
  rmSync(join(folder, 'microgateway.yml'))
  assert.equal((await gateway.reload('signal')).result, 'refused', 'a missing file')
  mkdirSync(join(folder, 'microgateway.yml'))
  assert.equal((await gateway.reload('signal')).result, 'refused', 'an empty folder in its place')
  rmSync(join(folder, 'microgateway.yml'), { recursive: true })

  write('microgateway.yml', GOOD)
  write('idp.crt', certificate.slice(0, 100))
  assert.equal((await gateway.reload('signal')).result, 'refused', 'a file that it names')
  rmSync(join(folder, 'idp.crt'))
  assert.equal((await gateway.reload('signal')).result, 'refused', 'a file that it names and that is gone')
  write('idp.crt', certificate)
  assert.equal((await gateway.reload('signal')).result, 'unchanged')
  assert.equal(gateway.settings().revision, revision)
  assert.equal(gateway.held(), held)
})

test('a signing key that cannot be made refuses the change after everything else was fine', async t => {
  const api = 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]'
  const { gateway, reload, folder } = await openGateway(t, { settings: api })
  const held = gateway.held()
  rmSync(join(folder, 'data'), { recursive: true })
  writeFileSync(join(folder, 'data'), 'a file where a folder should be')
  const status = await reload(`
security_settings:
  keystores: [ { name: signing, type: generated, algorithm: ES256 } ]
  auth_servers:
    - name: local
      tokenGeneratorConfig: { issuer: "https://gw", algorithm: ES256, keyStoreAlias: signing }
${api}
`)
  assert.equal(status.result, 'refused')
  assert.equal(gateway.held(), held)
})
