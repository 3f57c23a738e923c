// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration file are written just so
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTemplate } from '../../../src/settings/reference.ts'

function say(text: string): string[] {
  return parseTemplate(text).map(part => {
    if (part.kind === 'literal') return part.text
    if (part.kind === 'file') return `file(${part.path})`
    if (part.kind === 'broken') return `broken(${part.message})`
    return `${part.name}${part.otherwise === undefined ? '' : `|${part.otherwise.kind}:${part.otherwise.text}`}`
  })
}

test('every form of a reference is read', () => {
  assert.deepEqual(say('${NAME}'), ['NAME'])
  assert.deepEqual(say('${env:NAME}'), ['NAME'])
  assert.deepEqual(say('${_n1:-a default: with - signs}'), ['_n1|default:a default: with - signs'])
  assert.deepEqual(say('${NAME:-}'), ['NAME|default:'])
  assert.deepEqual(say('${env:NAME:-x}'), ['NAME|default:x'])
  assert.deepEqual(say('${NAME:?set it}'), ['NAME|message:set it'])
  assert.deepEqual(say('${file:/run/secrets/x}'), ['file(/run/secrets/x)'])
  assert.deepEqual(say('a ${X} b ${Y}c'), ['a ', 'X', ' b ', 'Y', 'c'])
})

test('two dollars are one, and a lone dollar is literal', () => {
  assert.deepEqual(say('$$'), ['$'])
  assert.deepEqual(say('$${NAME}'), ['$', '{NAME}'])
  assert.deepEqual(say('$$${NAME}'), ['$', 'NAME'])
  for (const text of ['$', 'a$', '$5', '$NAME', '^/x$', '$ {NAME}', '']) {
    assert.equal(say(text).join(''), text)
  }
})

test('what is not a reference is broken, as a whole', () => {
  assert.deepEqual(say('${NAME'), ['broken(a reference `${` is never closed)'])
  assert.deepEqual(say('${A:-${B}} tail'), ['broken(references do not nest)', ' tail'])
  assert.deepEqual(say('${A:-${B}'), ['broken(references do not nest)'])
  assert.deepEqual(say('${file:}'), ['broken(the reference names no file)'])
  for (const text of ['${}', '${1A}', '${a.b}', '${A-x}', '${A:=x}', '${A:x}', '${ A }', '${env:}', '${FILE:/x:y}']) {
    assert.deepEqual(say(text), ['broken(this is not a reference to a variable or a file)'], text)
  }
})

test('a shell form gets the form that is meant', () => {
  const [part] = parseTemplate('${PORT-4485}')
  assert.ok(part?.kind === 'broken' && part.help.includes('${PORT:-default}'))
})

test('the parts cover the text without gaps', () => {
  const text = 'a$$b${C}d${E:-f}$g${h'
  let at = 0
  for (const part of parseTemplate(text)) {
    assert.equal(part.start, at)
    at = part.end
  }
  assert.equal(at, text.length)
})

test('the work is linear in the length of the text', () => {
  parseTemplate('$'.repeat(1_000_000))
  parseTemplate('${a}'.repeat(100_000))
  parseTemplate('${'.repeat(200_000))
})
