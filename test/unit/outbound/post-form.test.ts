import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import type { OutgoingTls } from '../../../src/outbound/outgoing-tls.ts'
import { createFormPoster, type FormPoster } from '../../../src/outbound/post-form.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { type IntrospectionServer, startIntrospectionServer } from '../../support/introspection-server.ts'

const LIMITS = { timeoutMs: 1_000, maxBytes: 65_536, accept: 'application/json' }
const FORM = { body: 'token=a%2Bb', fields: { authorization: 'Basic eDp5' } }

async function open(t: TestContext): Promise<{ server: IntrospectionServer; poster: FormPoster }> {
  const server = await startIntrospectionServer()
  const poster = createFormPoster({ connections: 2 })
  t.after(async () => {
    await poster.close()
    await server.close()
  })
  return { server, poster }
}

test('a form arrives whole, with the fields that prove who sent it', async t => {
  const { server, poster } = await open(t)
  server.issue('a+b', { sub: 'x' })
  const answer = await poster.post(server.endpoint, FORM, LIMITS)
  assert.ok(answer.ok)
  assert.deepEqual(JSON.parse(Buffer.from(answer.body).toString()), { active: true, sub: 'x' })
  const [question] = server.questions
  assert.equal(question?.headers.authorization, 'Basic eDp5')
  assert.equal(question?.headers['content-type'], 'application/x-www-form-urlencoded')
  assert.equal(question?.headers['content-length'], '11')
})

test('every other end is a failure with a short reason, in bounded time and size', async t => {
  const { server, poster } = await open(t)
  const modes = {
    status500: 'status 500',
    redirect: 'redirect 302',
    huge: 'too large',
    cut: 'cut short',
    refuse: 'cut short',
    hang: 'timeout',
  } as const
  for (const [mode, reason] of Object.entries(modes)) {
    server.mode = mode as keyof typeof modes
    const timeoutMs = mode === 'hang' ? 100 : 5_000
    assert.deepEqual(await poster.post(server.endpoint, FORM, { ...LIMITS, timeoutMs }), { ok: false, reason }, mode)
  }
  assert.equal(server.questions.length, 6, 'nothing is tried again, no redirect is followed')
})

test('http goes to loopback only, unless it is allowed', async t => {
  const { poster } = await open(t)
  assert.deepEqual(await poster.post('http://192.0.2.1/', FORM, LIMITS), { ok: false, reason: 'http not allowed' })
  assert.deepEqual(await poster.post('http://u:p@127.0.0.1/', FORM, LIMITS), { ok: false, reason: 'bad url' })
})

test('a call that is given up says so, and the end cuts those under way', async t => {
  const { server, poster } = await open(t)
  server.mode = 'hang'
  const closing = new AbortController()
  const given = poster.post(server.endpoint, FORM, { ...LIMITS, signal: closing.signal })
  await server.asked(1)
  closing.abort()
  assert.deepEqual(await given, { ok: false, reason: 'closed' })
  const cut = poster.post(server.endpoint, FORM, LIMITS)
  await server.asked(2)
  await poster.close()
  assert.equal((await cut).ok, false)
})

test('over TLS the server is verified, and sees our certificate', async t => {
  const [ours, theirs] = [makeCertificate('DNS:gateway'), makeCertificate('DNS:sso.example.com')]
  const server = createServer({ ...theirs, ca: ours.cert, requestCert: true }, (request, response) => {
    const { socket } = request
    response.end(socket instanceof TLSSocket && socket.authorized ? '{"active":true}' : '{"active":false}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const uri = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const ask = async (tls: Partial<OutgoingTls>): Promise<string> => {
    const poster = createFormPoster({ connections: 1, tls: { rejectUnauthorized: true, identity: '', ...tls } })
    const answer = await poster.post(uri, FORM, LIMITS)
    await poster.close()
    return answer.ok ? Buffer.from(answer.body).toString() : answer.reason
  }
  const trusted = { ca: [theirs.cert], servername: 'sso.example.com' }
  assert.equal(await ask({ ...trusted, ...ours }), '{"active":true}')
  assert.equal(await ask({}), 'tls failed')
  assert.equal(await ask({ ...trusted, servername: 'other.example.com' }), 'tls failed')
})
