import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { askAdmin } from '../../../src/cli/ask-admin.ts'

async function serve(t: TestContext, body: string): Promise<string> {
  const server = createServer((_request, response) => response.end(body))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const ask = (url: string) => askAdmin({ method: 'GET', url, authorization: undefined, timeoutMs: 5000 })

test('the answer of an admin page is read as text', async t => {
  assert.deepEqual(await ask(await serve(t, '{"name":"é"}')), { status: 200, body: '{"name":"é"}' })
})

test('an answer beyond the bound is none, and is not read to its end', async t => {
  await assert.rejects(ask(await serve(t, 'x'.repeat(5 * 1024 * 1024))), /too long/)
})
