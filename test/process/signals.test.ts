/** What an operator asks of a running gateway by signals, and what its two streams say meanwhile. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder, startGatewayProcess } from '../support/command.ts'

const withName = (name: string) => `name: ${name}\napis: [ { name: ${name}, upstream: "builtin:echo", open: true } ]\n`

test('SIGHUP reloads, a bad change keeps what runs, SIGUSR2 logs the state, and standard output is JSON lines', async t => {
  const cwd = makeFolder(t, { 'microgateway.yml': withName('before') })
  const file = join(cwd, 'microgateway.yml')
  const gateway = await startGatewayProcess(t, { cwd, args: ['--no-watch'] })
  assert.equal((await fetch(`${gateway.url}/before/items?secret=1`)).status, 200)
  assert.equal((await fetch(`${gateway.url}/after`)).status, 404)

  writeFileSync(file, withName('after'))
  gateway.signal('SIGHUP')
  await gateway.printed(/^reloaded, now on \w+/m)
  assert.equal((await fetch(`${gateway.url}/after`)).status, 200)
  assert.equal((await fetch(`${gateway.url}/before`)).status, 404)

  writeFileSync(file, withName('broken').replace('upstream', 'upstreem'))
  gateway.signal('SIGHUP')
  await gateway.printed(/^reload refused, still on \w+: \d+ errors?$/m)
  assert.match(
    gateway.stderr,
    /error\[config\.unknown_key\][\s\S]*--> microgateway\.yml:2:\d+[\s\S]*did you mean `upstream`/,
  )
  assert.equal((await fetch(`${gateway.url}/after`)).status, 200)

  gateway.signal('SIGUSR2')
  const [line] = await gateway.printed(/^.*"state of the gateway".*$/m, 'stdout')
  const { state } = JSON.parse(line)
  assert.equal(state.config.name, 'after')
  assert.equal(state.config.on_disk_in_force, false)

  gateway.signal('SIGTERM')
  assert.equal(await gateway.ended(), 0)
  const lines = gateway.stdout.trimEnd().split('\n')
  const records = lines.map(text => JSON.parse(text))
  const paths = records.map(record => record['url.path']).filter(path => path !== undefined)
  assert.deepEqual(paths, ['/before/items', '/after', '/after', '/before', '/after'])
  for (const message of [/^started on/, /^reloaded, now on/, /^reload refused/]) {
    assert.ok(
      records.some(record => message.test(record.msg ?? '')),
      `${message} is in the log`,
    )
  }
  assert.ok(!gateway.stdout.includes('secret='), 'no query is logged')
})

test('the banner is on standard error, and the access log can be the combined form or off', async t => {
  const cwd = makeFolder(t, { 'microgateway.yml': withName('plain') })
  const environment = { mcgw_logging_access_log: 'combined', mcgw_logging_level: 'error' }
  const gateway = await startGatewayProcess(t, { cwd, environment })
  for (const row of [/^microgateway \d+\.\d+\.\d+ · node \S+ · pid \d+$/m, /^ {2}api +plain/m, /^ready in [\d.]+ s/m]) {
    assert.match(gateway.stderr, row)
  }
  await fetch(`${gateway.url}/plain`)
  await gateway.printed(/^127\.0\.0\.1 - - \[.*\] "GET \/plain HTTP\/1\.1" 200 \d+ "-" ".*"$/m, 'stdout')
  gateway.signal('SIGTERM')
  assert.equal(await gateway.ended(), 0)
  assert.equal(gateway.stdout.trimEnd().split('\n').length, 1)
})
