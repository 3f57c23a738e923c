import { test } from 'node:test'
import fc from 'fast-check'
import { parsePathPattern } from '../../src/routing/path-pattern.ts'
import { parseBasePath, parseRouteMatch } from '../../src/settings/path-template.ts'

const piece = fc.constantFrom(
  'a',
  'B1',
  '.',
  '..',
  '*',
  '{id}',
  '{x}',
  '{',
  '}',
  '%2F',
  '%25',
  '%C3%BC',
  '%ff',
  '%01',
  '%7e',
  ';',
  '|',
  '~',
  ':',
  '@',
  'ü',
  ' ',
  '',
)
const path = fc
  .array(
    fc.oneof(
      piece,
      fc.tuple(piece, piece).map(pair => pair.join('')),
    ),
    { maxLength: 4 },
  )
  .map(list => `/${list.join('/')}`)

test('what the settings accept as a base path or a route, the route table can use', () => {
  fc.assert(
    fc.property(path, text => {
      const base = parseBasePath(text)
      if (base.ok && parsePathPattern(base.value) === undefined) throw new Error(`base path ${base.value}`)
      const route = parseRouteMatch(`GET ${text}`)
      if (route.ok && parsePathPattern(route.value.path) === undefined) throw new Error(`route ${route.value.path}`)
    }),
    { numRuns: 3000 },
  )
})

test('a base path in its accepted form is accepted as it is', () => {
  fc.assert(
    fc.property(path, text => {
      const base = parseBasePath(text)
      if (!base.ok) return
      const again = parseBasePath(base.value)
      if (!again.ok || again.value !== base.value) throw new Error(`${text} -> ${base.value}`)
    }),
  )
})
