import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFixedSource } from '../../../src/keys/fixed-keys.ts'
import { createTokenVerifiers } from '../../../src/policies/token-verifiers.ts'
import type { TokenServer, TokenVerifier, VerificationRules } from '../../../src/tokens/verify.ts'

const VERIFIER: TokenVerifier = { verify: () => ({ ok: false, error: { code: 'token.malformed' } }) }

function server(name: string): TokenServer {
  const keys = createFixedSource({ authServer: name, origin: 'none', keys: () => [] })
  return { name, issuer: name, keys, algorithms: undefined, clockSkewSeconds: 30, requireExp: true }
}

test('one verifier is made for each set of auth servers, whatever their order, trusting those that have an issuer', () => {
  const made: VerificationRules[] = []
  const verifiers = createTokenVerifiers({
    servers: new Map([server('a'), server('b')].map(each => [each.name, each])),
    hmacCandidates: () => [],
    maxTokenBytes: 100,
    createVerifier: rules => {
      made.push(rules)
      return { ...VERIFIER }
    },
  })
  assert.equal(verifiers.trusting(['a', 'b']), verifiers.trusting(['b', 'a', 'a']))
  assert.notEqual(verifiers.trusting(['a']), verifiers.trusting(['b']))
  verifiers.trusting(['introspected'])
  assert.deepEqual(
    made.map(rules => rules.servers.map(({ name }) => name)),
    [['a', 'b'], ['a'], ['b'], []],
  )
  assert.equal(made[0]?.maxTokenBytes, 100)
})
