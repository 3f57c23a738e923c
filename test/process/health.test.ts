/** `healthcheck` against running gateways: 0 ready, 1 not ready, 69 nobody there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeFolder, runCommand, startGatewayProcess } from '../support/command.ts'
import { startKeyServer } from '../support/key-server.ts'

test('healthcheck tells ready, not ready, and nobody there', async t => {
  const keys = await startKeyServer()
  t.after(() => keys.close())
  keys.mode = 'hang'
  const cwd = makeFolder(t, {
    'ready.yml': 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n',
    'waiting.yml': `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: i, jwksuri: "${keys.jwksUri}", audience: orders, jwks: { fetch_timeout: 1m } }
apis: [ { name: orders, upstream: "builtin:echo", policies: [ jwt: idp ] } ]
`,
  })
  const [ready, waiting] = await Promise.all([
    startGatewayProcess(t, { cwd, args: ['-c', 'ready.yml'] }),
    startGatewayProcess(t, { cwd, args: ['-c', 'waiting.yml'], environment: { mcgw_state_dir: './other' } }),
  ])
  // The admin port that the configuration names is asked where no URL is given.
  const environment = { mcgw_ports_admin: new URL(ready.adminUrl).host }
  const unhealthy = ['healthcheck', '--url', `${waiting.adminUrl}/health/ready`]
  const [fine, ill, machine] = await Promise.all([
    runCommand(t, ['healthcheck', '-c', 'ready.yml'], { cwd, environment }),
    runCommand(t, unhealthy, { cwd }),
    runCommand(t, [...unhealthy, '--json'], { cwd }),
  ])
  assert.deepEqual([fine.code, fine.stdout, fine.stderr], [0, 'ready\n', ''])
  assert.equal(ill.code, 1)
  assert.match(ill.stdout, /^not ready \(status 503\)\n {2}auth server idp: waiting for keys\n$/)
  assert.equal(JSON.parse(machine.stdout).healthy, false)

  ready.signal('SIGTERM')
  assert.equal(await ready.ended(), 0)
  const gone = await runCommand(t, ['healthcheck', '-c', 'ready.yml'], { cwd, environment })
  assert.equal(gone.code, 69)
  assert.match(gone.stderr, /no answer from http:\/\/127\.0\.0\.1:\d+\/health\/ready/)
})
