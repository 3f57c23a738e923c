import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJsonObject } from '../../../src/tokens/strict-json.ts'

function parse(text: string) {
  return parseJsonObject(Buffer.from(text))
}

function faultOf(text: string): string | undefined {
  const result = parse(text)
  return result.ok ? undefined : result.error
}

test('JWT-12: an object is parsed as JSON.parse does', () => {
  const text = ' {"a":[1,-0.5e+2,true,false,null,"\\u00e9\\n\\"x","",{}],"b" : { "c":[] },"ü":"€\u{1F600}", "":0}\r\n\t'
  const result = parse(text)
  assert.ok(result.ok)
  assert.deepEqual(JSON.parse(JSON.stringify(result.value)), JSON.parse(text))
})

test('JWT-02, JWS-03: duplicate names are refused, at every depth and however they are spelled', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"x":{"a":1,"b":2,"a":3}}',
    '{"x":[{"":1,"":2}]}',
    '{"__proto__":1,"__proto__":2}',
  ])
    assert.equal(faultOf(text), 'duplicate name', text)
})

test('names of the prototype are ordinary own names', () => {
  const result = parse('{"__proto__":{"admin":true},"constructor":1,"toString":2}')
  assert.ok(result.ok)
  assert.equal(Object.getPrototypeOf(result.value), null)
  assert.deepEqual(Object.keys(result.value), ['__proto__', 'constructor', 'toString'])
  assert.equal(result.value['admin'], undefined)
  assert.equal(parse('{}').ok && 'hasOwnProperty' in (parse('{}') as { value: object }).value, false)
})

test('JWT-12, BCP-08: a byte order mark and bytes that are not UTF-8 are refused', () => {
  assert.equal(faultOf('\uFEFF{}'), 'not json')
  for (const bytes of [
    [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d],
    [0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d],
    [0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d],
  ])
    assert.deepEqual(parseJsonObject(Uint8Array.from(bytes)), { ok: false, error: 'not utf-8' })
  assert.equal(parseJsonObject(Buffer.from('{}', 'utf16le')).ok, false)
})

test('JWT-12: other JSON values than an object are refused', () => {
  for (const text of ['[]', '"a"', '1', 'null', 'true', '[{}]']) assert.equal(faultOf(text), 'not an object', text)
})

test('JWT-01: numbers must be finite', () => {
  for (const text of ['{"exp":1e999}', '{"exp":-1e400}', `{"exp":${'9'.repeat(400)}}`])
    assert.equal(faultOf(text), 'number not finite', text)
  assert.ok(parse('{"exp":1e-999999999}').ok)
})

test('what is almost JSON is refused', () => {
  for (const text of [
    '',
    ' ',
    '{',
    '}',
    '{}{}',
    '{} x',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{a:1}',
    "{'a':1}",
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":1.}',
    '{"a":1e}',
    '{"a":0x1}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":tru}',
    '{"a":True}',
    '{"a":undefined}',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a":"\n"}',
    '{"a":"\\x"}',
    '{"a":"\\u12"}',
    '{"a":"b}',
    '{"a":"b\\"}',
    '{"a":1}//',
    '{/**/"a":1}',
    '{"a":1}\u00a0',
    '{"a":1}\0',
    '{"a" 1}',
    '{1:1}',
  ]) {
    assert.equal(faultOf(text), 'not json', text)
    assert.throws(() => JSON.parse(text), text)
  }
})

test('depth and number of members are capped before they cost anything', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  assert.ok(parse(nested(32)).ok)
  assert.equal(faultOf(nested(33)), 'too deep')
  assert.equal(faultOf(`{"a":${'['.repeat(100_000)}`), 'too deep')
  assert.ok(parse(`{"a":[${'1,'.repeat(4094)}1]}`).ok)
  assert.equal(faultOf(`{"a":[${'1,'.repeat(4095)}1]}`), 'too many members')
})
