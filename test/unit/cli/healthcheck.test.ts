import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from '../../../src/cli/arguments.ts'
import { type HealthcheckParts, readinessUrl, runHealthcheck } from '../../../src/cli/healthcheck.ts'
import { captureOutput } from '../../support/captured-output.ts'

async function run(argv: readonly string[], parts: Partial<HealthcheckParts>, json = false) {
  const parsed = parseArguments(['healthcheck', ...argv], {})
  assert.ok(parsed.kind === 'command')
  const captured = captureOutput({ json })
  const asked: string[] = []
  const code = await runHealthcheck(parsed.line, captured.output, {
    adminAddress: async () => undefined,
    ...parts,
    ask: (url, timeoutMs) => {
      asked.push(`${url} ${timeoutMs}`)
      return parts.ask === undefined ? Promise.resolve({ status: 200, body: '{}' }) : parts.ask(url, timeoutMs)
    },
  })
  return { code, asked, stdout: captured.stdout(), stderr: captured.stderr() }
}

test('a gateway that is ready gives 0', async () => {
  const { code, asked, stdout } = await run([], { adminAddress: async () => ({ host: undefined, port: 1234 }) })
  assert.equal(code, 0)
  assert.deepEqual(asked, ['http://127.0.0.1:1234/health/ready 3000'])
  assert.equal(stdout, 'ready\n')
})

test('a gateway that is not ready gives 1 and says what is missing', async () => {
  const checks = [
    { name: 'settings', ok: true, message: 'fine' },
    { name: 'auth server \u001b[31midp', ok: false, message: 'waiting for keys' },
  ]
  const ask = async () => ({ status: 503, body: JSON.stringify({ checks }) })
  const { code, stdout } = await run([], { ask })
  assert.equal(code, 1)
  assert.match(stdout, /not ready \(status 503\)\n {2}auth server .*idp: waiting for keys\n$/)
  assert.ok(!stdout.includes('\u001b'))
  const json = JSON.parse((await run([], { ask }, true)).stdout)
  assert.equal(json.healthy, false)
  assert.equal(json.checks.length, 2)
})

test('nobody there gives 69', async () => {
  const { code, stderr } = await run([], { ask: () => Promise.reject(new Error('ECONNREFUSED')) })
  assert.equal(code, 69)
  assert.match(stderr, /no answer from http:\/\/127\.0\.0\.1:9485\/health\/ready/)
})

test('an answer that is no readiness is handled, whatever it is', async () => {
  for (const body of ['', '<html>', 'null', '{"checks":3}', '{"checks":[null,1,{"name":1}]}']) {
    assert.equal((await run([], { ask: async () => ({ status: 500, body }) })).code, 1)
  }
})

test('address and timeout can be given, and nonsense is wrong usage', async () => {
  const { asked } = await run(['--url', 'http://[::1]:1/x', '--timeout', '500ms'], {})
  assert.deepEqual(asked, ['http://[::1]:1/x 500'])
  for (const argv of [
    ['--url', 'nonsense'],
    ['--url', 'file:///etc/passwd'],
    ['--timeout', '5'],
  ]) {
    assert.equal((await run(argv, {})).code, 64)
  }
})

test('a listener on all addresses is asked on loopback', () => {
  assert.equal(readinessUrl({ host: '0.0.0.0', port: 1 }), 'http://127.0.0.1:1/health/ready')
  assert.equal(readinessUrl({ host: '::', port: 1 }), 'http://[::1]:1/health/ready')
  assert.equal(readinessUrl({ host: 'admin.local', port: 1 }), 'http://admin.local:1/health/ready')
})
