import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CATALOGUE, type ErrorCode } from '../../src/errors/catalogue.ts'
import { challengesFor } from '../../src/errors/challenge.ts'

/** RFC 9110 section 11.6.1 with RFC 6750 section 3: a scheme and parameters, each once, each a quoted string. */
const CHALLENGE = /^(?:Bearer|Basic|ApiKey|DPoP) [a-z_]+="(?:[^"\\]|\\.)*"(?:, [a-z_]+="(?:[^"\\]|\\.)*")*$/
const text = fc.string({ unit: 'binary', maxLength: 40 })
const codes = Object.keys(CATALOGUE) as ErrorCode[]
const schemes = fc.array(fc.constantFrom('Bearer', 'Basic', 'ApiKey', 'DPoP'), { maxLength: 3 })

test('whatever stands in a realm, a detail or a scope, a challenge stays one challenge', () => {
  fc.assert(
    fc.property(fc.constantFrom(...codes), text, text, text, schemes, (code, realm, detail, scope, offered) => {
      for (const challenge of challengesFor({ code, detail, scope }, { realm, schemes: offered })) {
        assert.match(challenge, CHALLENGE)
        assert.match(challenge, /^[\x20-\x7e]*$/)
        const names = [...challenge.matchAll(/(?:^\w+ |", )([a-z_]+)="/g)].map(match => match[1])
        assert.ok(names.includes('realm'))
      }
    }),
    { numRuns: 2_000 },
  )
})
