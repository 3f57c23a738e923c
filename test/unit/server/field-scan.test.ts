import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fields } from '../../../src/message/fields.ts'
import { listHas, scanFields } from '../../../src/server/field-scan.ts'

test('every line is seen, whatever its case and place', () => {
  const scan = scanFields(
    new Fields([
      'HOST',
      'a',
      'Expect',
      'b',
      'upgrade',
      'c',
      'Connection',
      'd',
      'x',
      'y',
      'connection',
      'e',
      'Upgrade',
      'f',
    ]),
  )
  assert.equal(scan.host, 'a')
  assert.equal(scan.expect, 'b')
  assert.equal(scan.upgrade, 'c,f')
  assert.equal(scan.connection, 'd,e')
  assert.equal(scan.repeated, undefined)
  assert.equal(scan.hasForwarding, false)
  assert.equal(scan.hasValidNames, true)
})

test('a second line is noticed; what puts the connection in doubt outranks a second Authorization', () => {
  const twice = (name: string): string | undefined =>
    scanFields(new Fields([name, 'a', name.toUpperCase(), 'b'])).repeated
  for (const name of ['host', 'content-length', 'transfer-encoding', 'expect', 'authorization']) {
    assert.equal(twice(name), name)
  }
  assert.equal(twice('accept'), undefined)
  const both = ['authorization', 'a', 'authorization', 'b', 'host', 'a', 'host', 'b']
  assert.equal(scanFields(new Fields(both)).repeated, 'host')
})

test('forwarding fields are noticed in each of their forms', () => {
  for (const name of ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto']) {
    assert.equal(scanFields(new Fields([name, 'x'])).hasForwarding, true, name)
  }
  assert.equal(scanFields(new Fields(['X-Forwarded-Prefix', 'x'])).hasForwarding, false)
})

test('names must be tokens', () => {
  for (const name of ['', 'a b', 'a:', 'a(', 'ä', 'a\0', 'a/b', 'a"', '\u0100']) {
    assert.equal(scanFields(new Fields([name, 'x'])).hasValidNames, false, JSON.stringify(name))
  }
  assert.equal(scanFields(new Fields(["!#$%&'*+-.^_`|~09azAZ", 'x'])).hasValidNames, true)
})

test('the size counts the lines as they were on the wire', () => {
  assert.equal(scanFields(new Fields(['ab', 'cde', 'f', ''])).bytes, 'ab: cde\r\nf: \r\n'.length)
})

test('a list has a token only as a whole item', () => {
  assert.ok(listHas('keep-alive, Upgrade', 'upgrade'))
  assert.ok(listHas('UPGRADE', 'upgrade'))
  assert.ok(!listHas('xupgrade, upgrades', 'upgrade'))
  assert.ok(!listHas(undefined, 'upgrade'))
})
