import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { createAddressSet } from '../../../src/message/address.ts'
import type { Connection } from '../../../src/server/connection.ts'
import { readRequestId } from '../../../src/server/request-id.ts'

const ID = '6f1c1e2a-9d3b-4c55-8e21-5a7c11223344'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const NOBODY = createAddressSet([])

function read(rawHeaders: readonly string[], isProxy: boolean): string {
  const connection = { isFrom: () => isProxy } as Partial<Connection> as Connection
  return readRequestId({ rawHeaders } as Partial<IncomingMessage> as IncomingMessage, connection, NOBODY)
}

test('the id of a trusted proxy is kept, in any spelling of its name and in lower case', () => {
  assert.equal(read(['Host', 'a', 'X-Request-ID', ID.toUpperCase()], true), ID)
})

test('a caller does not choose what the log says', () => {
  const id = read(['x-request-id', ID], false)
  assert.notEqual(id, ID)
  assert.match(id, UUID)
})

test('what is no UUID is replaced, also from a proxy', () => {
  for (const value of ['', 'x', `${ID}0`, `${ID}\n`, ` ${ID}`, ID.replaceAll('-', '')]) {
    assert.match(read(['x-request-id', value], true), UUID, JSON.stringify(value))
    assert.notEqual(read(['x-request-id', value], true), value)
  }
})

test('without a field every request gets an id of its own', () => {
  assert.notEqual(read([], true), read([], true))
})
