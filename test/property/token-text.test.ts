/** Laws of the two parsers that every token passes: base64url and JSON. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64url, isBase64url } from '../../src/tokens/base64url.ts'
import { parseJsonObject } from '../../src/tokens/strict-json.ts'

test('base64url: what was encoded decodes to itself', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), octets => {
      const text = Buffer.from(octets).toString('base64url')
      assert.deepEqual(Uint8Array.from(decodeBase64url(text) ?? []), octets)
    }),
  )
})

test('base64url: a text that decodes is the one that its octets encode to', () => {
  const characters = fc.constantFrom(...'AQgwZz09-_+/=. ')
  const text = fc.oneof(fc.string({ unit: characters, maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 8 }))
  fc.assert(
    fc.property(text, candidate => {
      const octets = Buffer.from(candidate, 'base64url')
      assert.equal(isBase64url(candidate), octets.toString('base64url') === candidate)
    }),
    { numRuns: 2000 },
  )
})

/** A JSON object as text, with the white space of a careless writer. */
const objectText = fc
  .tuple(
    fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' })),
    fc.constantFrom(undefined, 1, '\t', ' \r\n'),
  )
  .map(([object, space]) => JSON.stringify(object, undefined, space))

test('JSON: agrees with JSON.parse on every object without duplicate names', () => {
  fc.assert(
    fc.property(objectText, text => {
      const parsed = parseJsonObject(Buffer.from(text))
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.error)
      assert.deepEqual(bare(parsed.value), bare(JSON.parse(text)))
    }),
    { numRuns: 500 },
  )
})

test('JSON: what it accepts JSON.parse accepts alike, and what it refuses alone has a reason of its own', () => {
  const own = ['duplicate name', 'number not finite', 'too deep', 'too many members', 'not an object']
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u0061',
    '"a"',
    '"b"',
    '1',
    '-',
    '.5',
    'e9',
    '1e999',
    'true',
    'null',
    ' ',
    '\n',
    '\u00a0',
    '\0',
  )
  const damaged = fc
    .tuple(objectText, fc.nat(), fc.nat({ max: 2 }), fc.array(piece, { maxLength: 3 }))
    .map(
      ([text, at, gap, pieces]) =>
        text.slice(0, at % text.length) + pieces.join('') + text.slice((at % text.length) + gap),
    )
  const soup = fc.array(piece, { maxLength: 12 }).map(pieces => `{${pieces.join('')}}`)
  fc.assert(
    fc.property(fc.oneof(damaged, soup), text => {
      const parsed = parseJsonObject(Buffer.from(text))
      // Lone surrogates do not survive UTF-8: compare with what a token can carry.
      const expected = parseOrUndefined(Buffer.from(text).toString())
      if (parsed.ok) assert.deepEqual(bare(parsed.value), bare(expected))
      else if (expected !== undefined) assert.ok(own.includes(parsed.error), `${parsed.error}: ${text}`)
    }),
    { numRuns: 2000 },
  )
})

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The same value without prototypes, member by member, so that `__proto__` compares like any other name. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).map(([name, member]) => [name, bare(member)])
}
