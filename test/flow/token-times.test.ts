/** Product.md 3 and 4, step 4: `exp`, `nbf` and `iat` with the skew of their auth server, by a clock that the test holds. */
import { test } from 'node:test'
import { createTestClock } from '../support/clock.ts'
import { openScene, type Places, type RefusedCall } from '../support/scene.ts'

const settings = ({ upstream, jwksUri, issuer }: Places): string => `
security_settings:
  auth_servers:
    - name: idp
      localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}", clock_skew: 10s }
    - name: exact
      localIntrospectionConfig: { issuer: exact, jwksuri: "${jwksUri}", clock_skew: 0s }
    - name: lasting
      localIntrospectionConfig: { issuer: lasting, jwksuri: "${jwksUri}", require_exp: false }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: [ idp, exact, lasting ] ] }
`

test('a token outside its time is refused', async t => {
  const clock = createTestClock()
  const scene = await openScene(t, { settings, clock })
  const now = clock.seconds()
  const mint = (claims: Record<string, unknown>): Promise<string> => scene.keys.sign(claims, { now })
  const refused = async (
    name: string,
    claims: Record<string, unknown>,
    code: RefusedCall['code'],
  ): Promise<RefusedCall> => ({ name, call: { token: await mint(claims) }, code, challenge: 'invalid_token' })

  await scene.refuseAll(
    t,
    await Promise.all([
      refused('that expired', { exp: now - 3600 }, 'token.expired'),
      refused('that expired as long ago as the skew', { exp: now - 10 }, 'token.expired'),
      refused('that expires now, of an auth server without skew', { iss: 'exact', exp: now }, 'token.expired'),
      refused('that expired in the year 0', { exp: -62_167_219_200 }, 'token.expired'),
      refused('that is not valid yet', { nbf: now + 11 }, 'token.not_yet_valid'),
      refused('that was issued in the future', { iat: now + 11 }, 'token.not_yet_valid'),
      refused('that was issued in a second', { iss: 'exact', iat: now + 1 }, 'token.not_yet_valid'),
      refused('without exp', { exp: undefined }, 'token.claim_missing'),
      refused('whose exp is null', { exp: null }, 'token.claim_invalid'),
      refused('whose exp is a string', { exp: String(now + 60) }, 'token.claim_invalid'),
      refused('whose exp is a date in words', { exp: '2099-01-01T00:00:00Z' }, 'token.claim_invalid'),
      refused('whose exp is true', { exp: true }, 'token.claim_invalid'),
      refused('whose exp is a list', { exp: [now + 60] }, 'token.claim_invalid'),
      refused('whose nbf is a string', { nbf: '0' }, 'token.claim_invalid'),
      refused('whose iat is an object', { iat: {} }, 'token.claim_invalid'),
      refused(
        'whose exp is a string, also where exp may be missing',
        { iss: 'lasting', exp: '9' },
        'token.claim_invalid',
      ),
      refused('that expired, also where exp may be missing', { iss: 'lasting', exp: now - 31 }, 'token.expired'),
    ]),
  )

  const good: readonly (readonly [string, Record<string, unknown>])[] = [
    ['that expired within the skew', { exp: now - 9 }],
    ['that begins within the skew', { nbf: now + 10, iat: now + 10 }],
    ['that expires in a second', { iss: 'exact', exp: now + 1 }],
    ['that is valid from now', { iss: 'exact', nbf: now }],
    ['with a fraction of a second', { iss: 'exact', exp: now + 0.5 }],
    ['without iat and nbf', { iat: undefined }],
    ['without exp, of an auth server that does not require it', { iss: 'lasting', exp: undefined }],
  ]
  for (const [name, claims] of good) {
    await t.test(`and one ${name} passes`, async () => {
      await scene.pass({ token: await mint(claims) })
    })
  }

  await t.test('and one that was good is judged again with each request, as time goes by', async () => {
    const token = await mint({ exp: now + 60 })
    await scene.pass({ token })
    clock.advance(69_000)
    await scene.pass({ token })
    clock.advance(1_000)
    await scene.refuse({ token }, { code: 'token.expired', challenge: 'invalid_token' })
  })

  await t.test('and one that was good is refused when the wall clock jumps back before it', async () => {
    const later = clock.seconds()
    const token = await scene.keys.sign({}, { now: later })
    await scene.pass({ token })
    clock.jumpTo((later - 3600) * 1000)
    await scene.refuse({ token }, { code: 'token.not_yet_valid', challenge: 'invalid_token' })
    clock.jumpTo(later * 1000)
    await scene.pass({ token })
  })
})
