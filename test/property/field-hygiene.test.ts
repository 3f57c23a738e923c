import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { downstreamFields, upstreamFields } from '../../src/upstream/field-hygiene.ts'
import { createFieldRules, IDENTITY_FIELDS, toCanonicalName } from '../../src/upstream/field-names.ts'
import { createForwarding } from '../../src/upstream/forwarded.ts'
import { makeExchange } from '../support/exchange.ts'

const rules = createFieldRules([...IDENTITY_FIELDS, 'x-user'])
const forwarding = createForwarding({ has: () => false })

const RESERVED = [
  ...IDENTITY_FIELDS,
  'x-user',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-prefix',
  'forwarded',
  'proxy-authorization',
  'proxy-anything',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'content-length',
  'upgrade',
  'expect',
  'host',
]
const UNRELATED = ['accept', 'x-tenant', 'x-user2', 'cookie', 'content-type', 'authorization', 'x-forward', 'my_field']

/** The same name in another spelling: any case, any of the characters that some servers take for a dash. */
const respelled = (names: readonly string[], separators: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...names),
      fc.infiniteStream(fc.boolean()),
      fc.infiniteStream(fc.constantFrom(...separators)),
    )
    .map(([name, upper, separator]) =>
      [...name]
        .map(character => {
          if (character === '-') return separator.next().value as string
          return upper.next().value === true ? character.toUpperCase() : character
        })
        .join(''),
    )

const value = fc.stringMatching(/^[!-~]{1,12}$/).map(text => `theirs:${text}`)
const reserved = fc.tuple(respelled(RESERVED, ['-', '_', '.']), value)
const unrelated = fc.tuple(respelled(UNRELATED, ['-']), value)
const lines = fc.array(fc.oneof(reserved, unrelated), { maxLength: 20 })

describe('whatever the caller sends', () => {
  it('no reserved name passes in any spelling, and every unrelated field passes in order', () => {
    fc.assert(
      fc.property(lines, pairs => {
        const sent = upstreamFields(makeExchange({ lines: pairs.flat() }), rules, forwarding)
        const passed: string[] = []
        for (let i = 0; i < sent.length; i += 2) {
          if ((sent[i + 1] as string).startsWith('theirs:')) passed.push(sent[i] as string, sent[i + 1] as string)
        }
        const unrelatedOnly = pairs.filter(([name]) => {
          const canonical = toCanonicalName(name.toLowerCase())
          return !RESERVED.includes(canonical)
        })
        assert.deepEqual(passed, unrelatedOnly.flat())
      }),
    )
  })

  it('what Connection names never passes, and it takes nothing of ours away', () => {
    fc.assert(
      fc.property(fc.subarray(UNRELATED), lines, (named, pairs) => {
        const connection: [string, string] = ['Connection', [...named, ...RESERVED].join(' , ')]
        const exchange = makeExchange({
          lines: [...pairs, connection].flat(),
          edits: [{ set: 'x-user', to: 'alice' }],
        })
        const sent = upstreamFields(exchange, rules, forwarding)
        const names = sent.filter((_, i) => i % 2 === 0)
        for (let i = 0; i < sent.length; i += 2) {
          if (!(sent[i + 1] as string).startsWith('theirs:')) continue
          assert.equal(named.includes((sent[i] as string).toLowerCase()), false)
        }
        assert.deepEqual(names.slice(-4), ['forwarded', 'via', 'x-request-id', 'x-user'])
        assert.equal(sent.at(-1), 'alice')
      }),
    )
  })
})

describe('whatever the upstream answers', () => {
  it('no connection-specific or identity field passes, and every unrelated field passes in order', () => {
    const answered = RESERVED.filter(
      name => !name.includes('forwarded') && name !== 'content-length' && name !== 'transfer-encoding',
    )
    const name = fc.oneof(
      fc.constantFrom(...answered),
      fc.constantFrom(...UNRELATED, 'set-cookie', 'content-length', 'date'),
    )
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }), pairs => {
        const kept = pairs.filter(([key, text]) => {
          const named = pairs.find(([other]) => other === 'connection')?.[1].split(',') ?? []
          return !answered.includes(key) && !named.includes(text)
        })
        const out = downstreamFields(Object.fromEntries(pairs), 200, { rules, date: () => 'now' }, 'id') as string[]
        const theirs = out.filter((_, i) => (out[i - (i % 2) + 1] as string).startsWith('theirs:'))
        assert.deepEqual(theirs, kept.flat())
      }),
    )
  })
})
