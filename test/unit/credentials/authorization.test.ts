import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isBasicAuthorization, parseAuthorization } from '../../../src/credentials/authorization.ts'
import { Fields } from '../../../src/message/fields.ts'

function parse(...values: string[]) {
  return parseAuthorization(new Fields(values.flatMap(value => ['Authorization', value])))
}

function basic(text: string | Uint8Array): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

function assertRefused(code: string, ...values: string[]): void {
  const result = parse(...values)
  assert.equal(result.ok ? 'accepted' : result.error.code, code, JSON.stringify(values))
  for (const value of values) {
    const secret = value.split(' ')[1] ?? ''
    if (secret.length > 3)
      assert.ok(!JSON.stringify(result).includes(secret), 'a denial never holds what was presented')
  }
}

describe('the Authorization field', () => {
  test('is absent: nothing is presented', () => {
    assert.deepEqual(parse(), { ok: true, value: {} })
  })

  test('holds one bearer token, whatever the case of the scheme (BR-02)', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      assert.deepEqual(parse(`${scheme} a.b-c_d~e+f/g==`), { ok: true, value: { bearer: 'a.b-c_d~e+f/g==' } })
    }
    assert.deepEqual(parse('Bearer   abc'), { ok: true, value: { bearer: 'abc' } })
  })

  test('DP-07 holds one token of the scheme DPoP, which is no bearer token', () => {
    for (const scheme of ['DPoP', 'dpop', 'DPOP']) {
      assert.deepEqual(parse(`${scheme} a.b.c`), { ok: true, value: { dpop: 'a.b.c' } })
    }
    assertRefused('credentials.malformed', 'DPoP')
    assertRefused('credentials.malformed', 'DPoP "a.b.c"')
    assertRefused('credentials.multiple', 'DPoP a.b.c d.e.f')
    assertRefused('credentials.multiple', 'Bearer a.b.c, DPoP a.b.c')
    assertRefused('credentials.multiple', 'DPoP a.b.c', 'Bearer a.b.c')
  })

  test('of an unknown scheme counts as absent', () => {
    for (const value of ['Digest username="x"', 'Negotiate abc', 'BearerX abc', 'Basically abc', 'token']) {
      assert.deepEqual(parse(value), { ok: true, value: {} }, value)
    }
  })

  test('on a second line is refused, whatever the lines say (BR-01)', () => {
    assertRefused('credentials.multiple', 'Bearer abcdef', 'Bearer abcdef')
    assertRefused('credentials.multiple', 'Bearer abcdef', 'Digest whatever')
    assertRefused('credentials.multiple', 'Digest whatever', 'Digest whatever')
  })

  test('with two tokens is refused (BR-01)', () => {
    for (const value of ['Bearer abc def', 'Bearer abc, Bearer def', 'Bearer abc,def', 'Basic dTpw dTpw']) {
      assertRefused('credentials.multiple', value)
    }
  })

  test('of the Bearer scheme without exactly one token68 is malformed', () => {
    for (const value of [
      'Bearer',
      'Bearer ',
      'Bearer a"b',
      'Bearer a=b',
      'Bearer =',
      'Bearer ä',
      'Bearer token="abc"',
    ]) {
      assertRefused('credentials.malformed', value)
    }
    assertRefused('credentials.malformed', 'Bearer\tabcdef')
    assertRefused('credentials.malformed', 'Bearer,abcdef')
    assertRefused('credentials.malformed', '')
    assertRefused('credentials.malformed', ' Bearer abcdef')
  })

  test('holds user name and password of the Basic scheme, split at the first colon', () => {
    assert.deepEqual(parse(basic('alice:se:cret')), {
      ok: true,
      value: { basic: { user: 'alice', password: 'se:cret' } },
    })
    assert.deepEqual(parse(basic('älice:pä§s')), { ok: true, value: { basic: { user: 'älice', password: 'pä§s' } } })
    assert.deepEqual(parse(basic('alice:')), { ok: true, value: { basic: { user: 'alice', password: '' } } })
    assert.deepEqual(parse(basic('a:b').replace('Basic', 'bASIC')), {
      ok: true,
      value: { basic: { user: 'a', password: 'b' } },
    })
  })

  test('of the Basic scheme is strict about base64, UTF-8, the colon and control characters', () => {
    const malformed = [
      'Basic',
      'Basic YTpi=',
      'Basic YTpiYw', // padding left out
      'Basic YTpiYx==', // loose last bits
      'Basic YTp-',
      basic('alice'),
      basic(Uint8Array.of(0x61, 0x3a, 0xff)),
      basic(Uint8Array.of(0xc0, 0x80, 0x3a)),
      basic('alice:a\u0000b'),
      basic('ali\nce:ab'),
    ]
    for (const value of malformed) assertRefused('credentials.malformed', value)
  })

  test('of the Basic scheme tells its scheme when it is malformed, so that the challenge is the right one', () => {
    const result = parse('Basic !!!')
    assert.equal(result.ok ? undefined : result.error.scheme, 'Basic')
  })

  test('never makes the parser throw, and a bearer token comes out as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const result = parse(`Bearer ${text}`)
        assert.equal(result.ok, /^ *[A-Za-z0-9\-._~+/]+=*$/.test(text))
        if (result.ok) assert.equal(result.value.bearer, text.replace(/^ */, ''))
      }),
    )
    fc.assert(fc.property(fc.array(fc.string()), values => typeof parse(...values).ok === 'boolean'))
  })

  test('of the Basic scheme gives back any user and password without control characters', () => {
    const text = fc.string({ unit: 'grapheme' }).filter(value => !/[\u0000-\u001f\u007f]/.test(value))
    fc.assert(
      fc.property(
        text.filter(user => !user.includes(':')),
        text,
        (user, password) => {
          assert.deepEqual(parse(basic(`${user}:${password}`)), { ok: true, value: { basic: { user, password } } })
        },
      ),
    )
  })
})

test('Basic credentials are recognised in any case, also malformed ones', () => {
  assert.equal(isBasicAuthorization('basic x'), true)
  assert.equal(isBasicAuthorization('BASIC'), true)
  assert.equal(isBasicAuthorization('Basically x'), false)
  assert.equal(isBasicAuthorization('Bearer basic'), false)
})
