import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../../../src/server/connection.ts'
import { type BadRequestParts, refuseBadRequest } from '../../../src/server/refuse-bad-request.ts'

const PEER: Partial<Connection> = { peer: { address: '192.0.2.7', port: 1, tls: false, certificate: undefined } }
const CONNECTION = PEER as Connection

function createParts(format: 'problem' | 'exception', records: unknown[] = []): BadRequestParts {
  return {
    newId: () => '6f1c1e2a-0000-4000-8000-000000000001',
    nowMs: () => 7,
    presentation: () => ({ format, realm: 'edge' }),
    record: (denial, { peer }, requestId, nowMs) => void records.push([denial.code, peer.address, requestId, nowMs]),
  }
}

test('bytes that are no request get an answer with an id, and the log has the same one', () => {
  const records: unknown[] = []
  const answer = refuseBadRequest({ code: 'request.malformed' }, CONNECTION, createParts('problem', records))
  assert.equal(answer.status, 400)
  assert.equal(answer.fields[answer.fields.indexOf('x-request-id') + 1], '6f1c1e2a-0000-4000-8000-000000000001')
  assert.equal(JSON.parse(answer.body).instance, 'urn:uuid:6f1c1e2a-0000-4000-8000-000000000001')
  assert.deepEqual(records, [['request.malformed', '192.0.2.7', '6f1c1e2a-0000-4000-8000-000000000001', 7]])
})

test('the format is that of the settings in force', () => {
  const { body } = refuseBadRequest({ code: 'request.head_too_large' }, CONNECTION, createParts('exception'))
  assert.ok('Exception' in JSON.parse(body))
})
