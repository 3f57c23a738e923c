/** A gateway starts and serves while an issuer is down, and notices that it is back. */
import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { makeFolder, startGatewayProcess } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { startKeyServer } from '../support/key-server.ts'

test('an issuer that is down at the start gives 503 with Retry-After, and 200 once it is back', async t => {
  const keys = await startKeyServer()
  t.after(() => keys.close())
  // In front of the key server, so that it can be unreachable first, on the same port.
  let isDown = true
  const door = createServer(caller => {
    if (isDown) {
      caller.resetAndDestroy()
      return
    }
    forward(caller, Number(new URL(keys.issuer).port))
  })
  await new Promise<void>(resolve => door.listen(0, '127.0.0.1', resolve))
  t.after(() => door.close())
  const { port } = door.address() as AddressInfo

  const cwd = makeFolder(t, {
    'microgateway.yml': `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig:
        issuer: https://idp.example.com
        jwksuri: http://127.0.0.1:${port}/jwks
        jwks: { cooldown: 50ms, fetch_timeout: 1s }
apis: [ { name: orders, upstream: "builtin:echo", policies: [ jwt: idp ] } ]
`,
  })
  const gateway = await startGatewayProcess(t, { cwd })
  assert.match(gateway.stderr, /^ {2}auth +idp … no keys/m)
  assert.equal((await fetch(`${gateway.adminUrl}/health/ready`)).status, 200)

  const token = await keys.sign({ iss: 'https://idp.example.com' })
  const call = () => fetch(`${gateway.url}/orders`, { headers: { authorization: `Bearer ${token}` } })
  const refused = await call()
  assert.equal(refused.status, 503)
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  assert.equal(((await refused.json()) as { code: string }).code, 'keys.unavailable')
  assert.equal((await fetch(`${gateway.url}/orders`)).status, 401)
  assert.equal(keys.requests, 0)

  isDown = false
  const statusOf = async () => {
    const answer = await call()
    await answer.text()
    return answer.status
  }
  await eventually(statusOf, status => status === 200)
  gateway.signal('SIGTERM')
  assert.equal(await gateway.ended(), 0)
})

function forward(caller: Socket, port: number): void {
  const onward = connect(port, '127.0.0.1')
  caller.pipe(onward).pipe(caller)
  caller.on('error', () => onward.destroy())
  onward.on('error', () => caller.destroy())
}
