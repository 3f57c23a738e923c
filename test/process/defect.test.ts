/** What nothing could catch ends the process at once: one message, exit code 70. Nothing else does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeFolder, startCommand } from '../support/command.ts'

const SETTINGS = 'apis: [ { name: orders, upstream: "builtin:echo", open: true } ]\n'
const environment = { mcgw_ports_http: '127.0.0.1:0', mcgw_ports_admin: '127.0.0.1:0' }

for (const [name, code] of [
  ['an exception that nothing caught', 'throw new Error("out of the blue")'],
  ['a promise that nobody waited for', 'Promise.reject(new Error("out of the blue"))'],
  ['a thing thrown that is no error', 'throw "out of the blue"'],
] as const) {
  test(`${name} ends the process with one message and exit code 70`, async t => {
    const cwd = makeFolder(t, { 'microgateway.yml': SETTINGS })
    const inject = `process.on("SIGUSR1", () => setTimeout(() => { ${code} }))`
    const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(inject)}`]
    const running = startCommand(t, ['start'], { cwd, environment, nodeOptions })
    await running.printed(/^ready in /m)
    running.signal('SIGUSR1')
    assert.equal(await running.ended(), 70)
    assert.equal(running.stderr.match(/a defect ended the process/g)?.length, 1)
    assert.match(running.stderr, /out of the blue/)
  })
}
