import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../../../src/log/pino-logger.ts'
import { createTimestamp } from '../../../src/log/timestamp.ts'
import { Secret } from '../../../src/settings/secret.ts'
import { createTestClock } from '../../support/clock.ts'

function capture(level: 'error' | 'warn' | 'info' | 'debug' | 'trace' = 'info') {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  return { logger: createLogger({ level }, destination, createTestClock()), lines }
}

test('a record is one JSON line with level, time and message', () => {
  const { logger, lines } = capture()
  logger.info({ revision: 'abc' }, 'reloaded')
  assert.deepEqual(lines, ['{"level":"info","time":"2026-01-01T00:00:00.000Z","revision":"abc","msg":"reloaded"}\n'])
})

test('the level holds records back, and can be changed', () => {
  const { logger, lines } = capture('warn')
  logger.info({}, 'no')
  logger.debug({}, 'no')
  logger.warn({}, 'yes')
  logger.setLevel('debug')
  logger.debug({}, 'yes')
  logger.error({}, 'yes')
  assert.equal(lines.length, 3)
})

test('secrets are masked by the name of their member, at any depth, in any spelling', () => {
  const { logger, lines } = capture()
  logger.warn(
    {
      Authorization: 'x1',
      'set-cookie': ['x2'],
      nested: { apiKey: 'x3', deeper: [{ client_secret: 'x4', password_hash: 'x5' }] },
      token: { raw: 'x6' },
      held: new Secret('x7'),
      expiresInToken: 5,
      cause: new Error('failed', { cause: { password: 'x8' } }),
    },
    'm',
  )
  assert.doesNotMatch(lines.join(''), /x[1-8]/)
  assert.match(lines.join(''), /"expiresInToken":5/)
})

test('tokens, credentials and URL passwords are masked inside texts and errors', () => {
  const { logger, lines } = capture()
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
  logger.error(
    {
      note: `got ${jwt} and Basic YWxpY2U6cGFzcw==`,
      url: 'https://user:hunter2@example.com/x',
      err: new Error(`bad ${jwt}`, { cause: new Error('Bearer abcdefghij') }),
      pem: '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
    },
    'm',
  )
  assert.doesNotMatch(lines.join(''), /c2lnbmF0dXJl|YWxpY2U6|hunter2|abcdefghij|MIIE/)
  assert.match(lines.join(''), /example\.com\/x/)
})

test('an error is described with its code and causes', () => {
  const { logger, lines } = capture()
  const cause = Object.assign(new Error('inner'), { code: 'ECONNREFUSED' })
  logger.error({ err: new TypeError('outer', { cause }) }, 'm')
  const { err } = JSON.parse(lines[0] ?? '')
  assert.equal(err.type, 'TypeError')
  assert.match(err.stack, /TypeError: outer/)
  assert.deepEqual(err.cause, { type: 'Error', message: 'inner', code: 'ECONNREFUSED' })
})

test('facts with cycles, huge texts and odd values do not break a line', () => {
  const { logger, lines } = capture()
  const cyclic: Record<string, unknown> = { a: 1n, f: () => 1, long: 'x'.repeat(100_000), bytes: Buffer.from('abc') }
  cyclic['self'] = cyclic
  logger.info(cyclic, 'm')
  assert.ok((lines[0] ?? '').length < 60_000)
  assert.equal(JSON.parse(lines[0] ?? '').msg, 'm')
})

test('time stamps are RFC 3339 in milliseconds', () => {
  const stamp = createTimestamp(createTestClock())
  for (const at of [0, 7, 999, 1000, 1_767_225_600_045.9]) {
    assert.equal(stamp(at), new Date(at).toISOString())
  }
})
