import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ResponseFields } from '../../../src/upstream/field-hygiene.ts'
import { downstreamFields, upstreamFields } from '../../../src/upstream/field-hygiene.ts'
import { createFieldRules } from '../../../src/upstream/field-names.ts'
import { createForwarding } from '../../../src/upstream/forwarded.ts'
import type { ExchangePlan } from '../../support/exchange.ts'
import { makeExchange } from '../../support/exchange.ts'

const rules = createFieldRules()
const forwarding = createForwarding({ has: address => address === '10.0.0.1' })
const OURS = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'forwarded',
  'via',
  'x-request-id',
])

function sent(plan: ExchangePlan): string[] {
  return upstreamFields(makeExchange(plan), rules, forwarding)
}

/** The fields that came from the caller or from an edit. */
function theirs(plan: ExchangePlan): string[] {
  const fields = sent(plan)
  return fields.filter((_, i) => !OURS.has(fields[i - (i % 2)] as string))
}

const context = { rules, date: () => 'Thu, 01 Jan 2026 00:00:00 GMT' }
function answered(fields: ResponseFields, status = 200): string[] | undefined {
  return downstreamFields(fields, status, context, 'request-1')
}

describe('the fields that go upstream', () => {
  it('keep unrelated fields in order and spelling, also several of one name', () => {
    const lines = ['Accept', 'a', 'X-Trace', '1', 'accept', 'b', 'Cookie', 'c=d', 'Authorization', 'Bearer t']
    assert.deepEqual(theirs({ lines }), lines)
  })

  it('PX-01 PX-03 lose what Connection names, in any case and on any line, but never a field of ours', () => {
    const lines = [
      'Connection',
      'close, X-One',
      'X-One',
      '1',
      'x-two',
      '2',
      'X-Three',
      '3',
      'connection',
      'x-TWO , x-request-id,x-forwarded-for, x-tenant',
    ]
    const fields = sent({ lines, edits: [{ set: 'x-tenant', to: 'acme' }] })
    assert.equal(fields.includes('x-two'), false)
    assert.equal(fields.includes('X-One'), false)
    assert.equal(fields[fields.indexOf('X-Three') + 1], '3')
    assert.equal(fields[fields.indexOf('x-request-id') + 1], 'request-1')
    assert.equal(fields[fields.indexOf('x-forwarded-for') + 1], '127.0.0.1')
    assert.equal(fields[fields.indexOf('x-tenant') + 1], 'acme')
  })

  it('PX-02 PX-11 lose connection-specific fields, Expect, Proxy-* and the framing', () => {
    const names = [
      'Connection',
      'Proxy-Connection',
      'Keep-Alive',
      'TE',
      'Trailer',
      'Transfer-Encoding',
      'Upgrade',
      'Expect',
      'Proxy-Authorization',
      'Proxy',
      'Content-Length',
      'Content_Length',
      'Transfer_Encoding',
      'Host',
      'HTTP2-Settings',
      'DPoP',
    ]
    assert.deepEqual(theirs({ lines: names.flatMap(name => [name, 'x']) }), [])
  })

  it('lose every identity field of ours, in any spelling', () => {
    const names = ['X-JWT-Assertion', 'x_jwt_assertion', 'X.Jwt_Assertion', 'X-Application_Id', 'X-User', 'X_USER']
    const own = createFieldRules(['x-jwt-assertion', 'x-application-id', 'X_User'])
    const exchange = makeExchange({ lines: [...names.flatMap(name => [name, 'root']), 'X-Users', 'kept'] })
    const fields = upstreamFields(exchange, own, forwarding)
    assert.deepEqual(fields.slice(0, 2), ['X-Users', 'kept'])
    assert.equal(fields.includes('root'), false)
  })

  it('lose the word of an untrusted caller about its way, in any spelling', () => {
    const names = [
      'X-Forwarded-For',
      'X_Forwarded_For',
      'X-Forwarded-Prefix',
      'Forwarded',
      'X-Real-IP',
      'X-Original-URL',
    ]
    assert.deepEqual(theirs({ lines: names.flatMap(name => [name, '6.6.6.6']) }), [])
    assert.equal(sent({ lines: ['X-Forwarded-For', '6.6.6.6'] }).includes('6.6.6.6'), false)
  })

  it('keep what a trusted proxy says beyond the forwarding fields, but not its underscore twins', () => {
    const lines = ['X-Forwarded-Prefix', '/shop', 'X-Real-IP', '1.2.3.4', 'X_Real_IP', '6.6.6.6']
    assert.deepEqual(theirs({ lines, peer: { address: '10.0.0.1' } }), lines.slice(0, 4))
  })

  it('replace a request id of the caller by ours', () => {
    const fields = sent({ lines: ['X-Request-Id', 'forged', 'X_Request_Id', 'forged'] })
    assert.equal(fields.includes('forged'), false)
    assert.equal(fields[fields.indexOf('x-request-id') + 1], 'request-1')
  })

  it('PX-05 name this gateway in Via, behind earlier ones, with the version received', () => {
    const fields = sent({ lines: ['Via', '1.1 edge'], head: { httpVersion: '1.0' } })
    assert.deepEqual(fields.slice(0, 2), ['Via', '1.1 edge'])
    assert.equal(fields[fields.indexOf('via') + 1], '1.0 microgateway')
  })

  it('follow the edits in order: the last word counts, and takes every other spelling away', () => {
    const lines = ['Authorization', 'Bearer t', 'X_Tenant', 'forged', 'X-Gateway-APIKey', 'k']
    const edits = [
      { remove: 'authorization' },
      { remove: 'x-gateway-apikey' },
      { set: 'x-tenant', to: 'one' },
      { set: 'x-tenant', to: 'two' },
    ]
    assert.deepEqual(theirs({ lines, edits }), ['x-tenant', 'two'])
  })
})

describe('the fields of the answer', () => {
  it('lose connection-specific and named fields and identity fields, keep the rest in order', () => {
    const fields = answered({
      server: 's',
      connection: 'keep-alive, X-Hop',
      'keep-alive': 'timeout=5',
      'x-hop': '1',
      'x-jwt-assertion': 'secret',
      x_jwt_assertion: 'secret',
      'proxy-authenticate': 'Basic',
      trailer: 'x-sum',
      upgrade: 'h2c',
      'x-kept': '2',
      date: 'today',
    })
    assert.deepEqual(fields, ['server', 's', 'x-kept', '2', 'date', 'today', 'x-request-id', 'request-1'])
  })

  it('PX-16 keep several Set-Cookie lines apart', () => {
    const fields = answered({ 'set-cookie': ['a=1', 'b=2, c'], date: 'd' })
    assert.deepEqual(fields?.slice(0, 4), ['set-cookie', 'a=1', 'set-cookie', 'b=2, c'])
  })

  it('PX-18 have a Date where the upstream gave none', () => {
    assert.deepEqual(answered({})?.slice(0, 2), ['date', 'Thu, 01 Jan 2026 00:00:00 GMT'])
  })

  it('PX-14 keep the length, but none for 204', () => {
    assert.equal(answered({ 'content-length': '5' })?.[1], '5')
    assert.equal(answered({ 'content-length': '0' }, 204)?.includes('content-length'), false)
  })

  it('are refused where the framing is not plain', () => {
    assert.equal(answered({ 'transfer-encoding': 'gzip, chunked' }), undefined)
    assert.equal(answered({ 'transfer-encoding': ['chunked', 'chunked'] }), undefined)
    assert.equal(answered({ 'transfer-encoding': 'chunked', 'content-length': '5' }), undefined)
    assert.equal(answered({ 'content-length': ['5', '5'] }), undefined)
    assert.notEqual(answered({ 'transfer-encoding': 'Chunked' }), undefined)
  })

  it('PX-17 are refused where a value holds CR, LF, NUL or text beyond Latin-1', () => {
    for (const bad of ['a\rb', 'a\nb', 'a\0b', 'a\u0100b']) {
      assert.equal(answered({ 'x-a': bad }), undefined)
      assert.equal(answered({ 'x-a': ['ok', bad] }), undefined)
    }
    assert.notEqual(answered({ 'x-a': 'tab\tand \xe9' }), undefined)
  })

  it('keep a field named __proto__ an ordinary field', () => {
    const fields = answered(JSON.parse('{"__proto__":"x","date":"d"}'))
    assert.deepEqual(fields?.slice(0, 2), ['__proto__', 'x'])
  })
})
