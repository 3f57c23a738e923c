import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { logReload } from '../../../src/reload/reload-log.ts'
import type { ReloadStatus } from '../../../src/reload/reload-status.ts'
import { STARTED } from '../../support/reload-bench.ts'
import { createSilentLogger } from '../../support/silent-logger.ts'

const ERROR: Problem = {
  code: 'config.unknown_key',
  severity: 'error',
  message: '`upstreem` is not known',
  place: { file: 'microgateway.yml', line: 3, column: 5, length: 8 },
  pointer: '/apis/0/upstreem',
  help: 'write `upstream`',
}
const WARNING: Problem = { code: 'config.not_built', severity: 'warning', message: 'not built' }

function logged(status: Partial<ReloadStatus>, before?: Partial<ReloadStatus>): string[] {
  const logger = createSilentLogger()
  logReload({ ...STARTED, ...status }, logger, before === undefined ? undefined : { ...STARTED, ...before })
  return logger.lines.map(({ level, message }) => `${level} ${message}`)
}

test('a start and a change are one line each, with a line for each warning', () => {
  assert.deepEqual(logged({}), ['info started on one'])
  assert.deepEqual(logged({ reason: 'file', problems: [WARNING] }), ['info reloaded, now on one', 'warn not built'])
})

test('a refused change is an error, and so is each of its errors, with its place', () => {
  const lines = logged({ result: 'refused', reason: 'file', problems: [ERROR, WARNING] })
  assert.deepEqual(lines, [
    'error reload refused, still on one: 1 error (microgateway check)',
    'error `upstreem` is not known',
    'warn not built',
  ])
  const logger = createSilentLogger()
  logReload({ ...STARTED, result: 'refused', problems: [ERROR, ERROR] }, logger)
  assert.match(logger.lines[0]?.message ?? '', /2 errors/)
  assert.deepEqual(logger.lines[1]?.facts, {
    code: 'config.unknown_key',
    file: 'microgateway.yml',
    line: 3,
    column: 5,
    pointer: '/apis/0/upstreem',
    help: 'write `upstream`',
  })
})

test('that nothing changed is said to who asked, and told nobody else', () => {
  const unchanged = { result: 'unchanged', problems: [WARNING] } as const
  assert.deepEqual(logged({ ...unchanged, reason: 'signal' }, {}), ['info nothing changed, still on one'])
  assert.deepEqual(logged({ ...unchanged, reason: 'file' }, {}), ['debug nothing changed, still on one'])
})

test('after an alarm the all-clear is as visible', () => {
  const lines = logged({ result: 'unchanged', reason: 'file' }, { result: 'refused' })
  assert.deepEqual(lines, ['info the refused change was taken back, still on one'])
})
