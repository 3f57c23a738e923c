import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalPath } from '../../src/message/canonical-path.ts'

/** Pieces that paths are attacked with, and harmless ones. */
const piece = fc.oneof(
  fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2F',
    '%5c',
    '\\',
    ';',
    '//',
    '%',
    '%25',
    '%252f',
    '%00',
    'a',
    'B',
    '~',
    '%41',
  ),
  fc.constantFrom('%c3%bc', '%C0%AF', '%e2%82%ac', '?', '#', ' ', 'ü', '%7e', '%2d', '%20', '%zz', '@', ':'),
  fc.string({ maxLength: 3 }),
  fc.integer({ min: 0, max: 255 }).map(byte => `%${byte.toString(16).padStart(2, '0')}`),
)
const attack = fc.array(piece, { maxLength: 12 }).map(pieces => `/${pieces.join('')}`)
const segment = fc
  .string({ unit: fc.constantFrom(..."abcXYZ019-_~!$&'()*+,=:@ü€ "), minLength: 1, maxLength: 8 })
  .map(text => encodeURIComponent(text))
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map(segments => `/${segments.join('/')}`)

test('canonicalisation is idempotent', () => {
  fc.assert(
    fc.property(attack, raw => {
      const once = canonicalPath(raw)
      if (once !== undefined) assert.equal(canonicalPath(once), once)
    }),
    { numRuns: 3_000 },
  )
})

test('a canonical path has no second reading: decoded, it has the same segments', () => {
  fc.assert(
    fc.property(attack, raw => {
      const canonical = canonicalPath(raw)
      if (canonical === undefined) return
      const segments = canonical.split('/').slice(1)
      const decoded = decodeURIComponent(canonical)
      assert.equal(decoded.split(/[/\\]/).length, segments.length + 1)
      assert.ok(!decoded.includes(';') && !/[\0-\x1f\x7f]/.test(decoded))
      segments.forEach((text, i) => {
        assert.ok(text !== '.' && text !== '..')
        assert.ok(text !== '' || i === segments.length - 1)
      })
    }),
    { numRuns: 3_000 },
  )
})

test('it never leaves its prefix, however a server resolves it', () => {
  fc.assert(
    fc.property(attack, raw => {
      const canonical = canonicalPath(`/prefix${raw}`)
      if (canonical === undefined) return
      const { pathname } = new URL(`http://host${canonical}`)
      assert.equal(pathname, canonical)
      assert.ok(decodeURIComponent(pathname).startsWith('/prefix/'))
    }),
    { numRuns: 3_000 },
  )
})

test('it is the same however much of a path was escaped', () => {
  fc.assert(
    fc.property(path, fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), (plain, choices) => {
      let i = 0
      const reencoded = plain.replaceAll(/[A-Za-z0-9_~-](?![0-9A-Fa-f]?%)/g, (character, at: number) => {
        const isInEscape = plain[at - 1] === '%' || plain[at - 2] === '%'
        if (isInEscape || choices[i++ % choices.length] === true) return character
        return `%${character.charCodeAt(0).toString(16)}`
      })
      assert.equal(canonicalPath(reencoded), canonicalPath(plain))
      assert.notEqual(canonicalPath(plain), undefined)
    }),
  )
})
