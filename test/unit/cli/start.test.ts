import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from '../../../src/cli/arguments.ts'
import { runStart, type Signal } from '../../../src/cli/start.ts'
import { captureOutput } from '../../support/captured-output.ts'
import { createTestClock } from '../../support/clock.ts'

test('a signal ends a start that does not come to its end', async () => {
  const parsed = parseArguments(['start'], {})
  assert.ok(parsed.kind === 'command')
  const destination = { write: () => {}, dropped: 0, close: async () => {} }
  const expected: readonly [Signal, number][] = [
    ['SIGTERM', 0],
    ['SIGINT', 0],
    ['SIGQUIT', 131],
  ]
  for (const [signal, code] of expected) {
    const ended = await runStart(parsed.line, captureOutput().output, {
      start: () => new Promise(() => {}),
      options: {
        cwd: '/',
        environment: {},
        version: '0',
        destination,
        clock: createTestClock(),
        processFacts: () => ({ residentMemoryBytes: 0, cpuSeconds: 0, nodeVersion: '0' }),
      },
      destination,
      nodeVersion: '0',
      pid: 1,
      uptimeMs: () => 0,
      onSignal: listener => listener(signal),
      publishedPassword: () => undefined,
    })
    assert.equal(ended, code, signal)
  }
})
