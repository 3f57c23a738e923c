import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApplicationRegistry } from '../../../src/applications/registry.ts'
import { createFixedSource } from '../../../src/keys/fixed-keys.ts'
import { runChain } from '../../../src/policies/chain.ts'
import { compilePolicies } from '../../../src/policies/compile-policies.ts'
import { createTokenVerifiers } from '../../../src/policies/token-verifiers.ts'
import { NO_REVOCATIONS } from '../../../src/tokens/revocations.ts'
import { createVerifiedTokenCache } from '../../../src/tokens/verified-cache.ts'
import { createTokenVerifier, type TokenServer } from '../../../src/tokens/verify.ts'
import { createTestClock } from '../../support/clock.ts'
import { makeExchange } from '../../support/exchange.ts'
import { makeApplication, makeStrategy } from '../../support/make-application.ts'
import { makeParts, makePolicies, presenting } from '../../support/policy-bench.ts'
import { signWithSecret } from '../../support/test-key.ts'

const ISSUER = 'https://partner.example.net'
const SECRETS = { owner: Buffer.alloc(32, 1), other: Buffer.alloc(32, 2) }

const NO_KEYS = createFixedSource({ authServer: 'partner', origin: 'none', keys: () => [] })
const SERVER: TokenServer = {
  name: 'partner',
  issuer: ISSUER,
  keys: NO_KEYS,
  algorithms: undefined,
  clockSkewSeconds: 30,
  requireExp: true,
}

/** A route with one jwt rule over real verification, and two applications with HMAC strategies. */
function build() {
  const clock = createTestClock()
  const applications = [
    makeApplication({
      id: 'owner',
      claimSets: [{ sub: 'batch' }, { sub: 'shared' }],
      strategies: [
        makeStrategy({ authServer: 'partner', secret: SECRETS.owner.toString('base64'), audience: 'hmac-orders' }),
      ],
    }),
    makeApplication({
      id: 'other',
      claimSets: [{ sub: 'victim' }, { sub: 'shared' }],
      strategies: [makeStrategy({ authServer: 'partner', secret: SECRETS.other.toString('base64') })],
    }),
  ]
  const registry = createApplicationRegistry(applications, {
    ownAuthServers: new Set(),
    hostNames: { namesAt: () => [], settled: async () => {}, close: async () => {} },
  })
  const cache = createVerifiedTokenCache()
  const verifiers = createTokenVerifiers({
    servers: new Map([['partner', SERVER]]),
    hmacCandidates: registry.hmacCandidates,
    maxTokenBytes: 8192,
    createVerifier: rules => createTokenVerifier(rules, { clock, cache, revocations: NO_REVOCATIONS }),
  })
  const parts = { ...makeParts({}), registry, verifiers }
  const policies = compilePolicies(makePolicies([{ kind: 'jwt', authServers: ['partner'] }]), parts)
  const judge = async (claims: Record<string, unknown>, secret: Uint8Array): Promise<string> => {
    const token = await signWithSecret({ iss: ISSUER, exp: clock.seconds() + 60, ...claims }, secret)
    const exchange = { ...makeExchange(presenting({ token })), nowMs: clock.now() }
    const denial = await runChain(policies, exchange)
    return denial?.code ?? exchange.facts.application?.id ?? '(none)'
  }
  return { judge, verifiers }
}

test('an HMAC token identifies the owner of the key that verifies it', async () => {
  const { judge } = build()
  assert.equal(await judge({ sub: 'batch' }, SECRETS.owner), 'owner')
  assert.equal(await judge({ sub: 'victim' }, SECRETS.other), 'other')
  assert.equal(await judge({ sub: 'shared' }, SECRETS.owner), 'owner')
  assert.equal(await judge({ sub: 'shared' }, SECRETS.other), 'other')
})

test('nobody gets in as another application with its own key', async () => {
  const { judge } = build()
  assert.equal(await judge({ sub: 'victim' }, SECRETS.owner), 'token.signature_invalid')
  assert.equal(await judge({ sub: 'nobody' }, SECRETS.owner), 'token.key_unknown')
  assert.equal(await judge({ sub: 'batch', client_id: 'other' }, SECRETS.owner), 'owner')
})

test('the audience of the strategy counts for its tokens', async () => {
  const { judge } = build()
  assert.equal(await judge({ sub: 'batch', aud: 'hmac-orders' }, SECRETS.owner), 'owner')
  assert.equal(await judge({ sub: 'batch', aud: 'owner' }, SECRETS.owner), 'owner')
  assert.equal(await judge({ sub: 'victim', aud: 'hmac-orders' }, SECRETS.other), 'token.audience_rejected')
})

test('routes that trust the same auth servers share one verifier; an unknown name trusts nothing', () => {
  const { verifiers } = build()
  assert.equal(verifiers.trusting(['partner', 'partner']), verifiers.trusting(['partner']))
  assert.equal(verifiers.trusting(['partner', 'nobody']).verify('x', 0) instanceof Promise, false)
  assert.notEqual(verifiers.trusting([]), verifiers.trusting(['partner']))
})
