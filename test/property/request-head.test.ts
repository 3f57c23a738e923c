import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { entryOf } from '../../src/errors/catalogue.ts'
import { createAddressSet } from '../../src/message/address.ts'
import { canonicalPath } from '../../src/message/canonical-path.ts'
import { Connection } from '../../src/server/connection.ts'
import { readHead } from '../../src/server/read-head.ts'
import { ASTERISK } from '../../src/server/request-target.ts'
import { LIMITS } from '../support/front-door.ts'
import { createSystemClock } from '../support/system-clock.ts'

const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)),
  maxLength: 20,
})
const name = fc.oneof(
  fc.constantFrom(
    'Host',
    'host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'Expect',
    'Authorization',
  ),
  fc.constantFrom('Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', '__proto__', 'constructor'),
  latin1,
)
const value = fc.oneof(
  fc.constantFrom(
    'a.test',
    'a.test:80',
    '[::1]',
    '5',
    '5, 5',
    'chunked',
    'gzip, chunked',
    'close',
    'upgrade',
    'websocket',
  ),
  fc.constantFrom('100-continue', '1.2.3.4, 10.0.0.1', 'for=1.2.3.4;proto=https', 'for="', 'https', 'http', ''),
  latin1,
)
const lines = fc
  .array(fc.tuple(name, value), { maxLength: 6 })
  .map(pairs => [...pairs, ['Host', 'a.test'] as const].flat())
const url = fc.oneof(fc.constantFrom('/', '/a', '/a/../b', '*', 'http://a.test/a', '/a?b', '/%2f'), latin1)
const method = fc.constantFrom('GET', 'POST', 'OPTIONS', 'TRACE', 'PRI', '')
const version = fc.constantFrom('1.1', '1.0', '0.9', '2.0')

test('whatever arrives becomes a head with one reading, or a refusal; never an exception', () => {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: '10.0.0.1' })
  const rules = { ...createSystemClock(), tls: false, draining: false, idleTimeoutMs: 1, maxTargetBytes: 1 }
  const connection = new Connection(socket, rules, () => {})
  const trustedProxies = createAddressSet([{ kind: 'block', address: '10.0.0.0', prefix: 8 }])
  fc.assert(
    fc.property(method, url, version, lines, (methodText, urlText, httpVersion, rawHeaders) => {
      const incoming = new IncomingMessage(socket)
      Object.assign(incoming, { method: methodText, url: urlText, httpVersion, rawHeaders })
      const read = readHead(incoming, connection, { limits: LIMITS, trustedProxies })
      if (!read.ok) {
        assert.ok(entryOf(read.error.code).status >= 400)
        return
      }
      const head = read.value
      assert.ok(head.path === ASTERISK ? head.method === 'OPTIONS' : canonicalPath(head.path) === head.path)
      assert.ok(head.fields.count('host') <= 1)
      assert.ok(head.fields.count('content-length') + head.fields.count('transfer-encoding') <= 1)
      assert.ok(head.fields.count('authorization') <= 1)
      assert.equal(
        head.framing.kind === 'none',
        head.fields.count('content-length') + head.fields.count('transfer-encoding') === 0,
      )
    }),
    { numRuns: 3_000 },
  )
})
