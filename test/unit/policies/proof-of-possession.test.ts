import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Denial } from '../../../src/errors/denial.ts'
import type { Exchange } from '../../../src/exchange/exchange.ts'
import { thumbprintOf } from '../../../src/keys/verification-key.ts'
import {
  compilePossessionCheck,
  createProofMemory,
  type ProofMemory,
  type TokenScheme,
} from '../../../src/policies/proof-of-possession.ts'
import type { DpopSettings } from '../../../src/settings/model.ts'
import { type TokenBinding, UNBOUND } from '../../../src/tokens/token-binding.ts'
import { DPOP_DEFAULTS, makeProof, type ProofPlan } from '../../support/dpop.ts'
import { makeExchange } from '../../support/exchange.ts'
import { createTestKey } from '../../support/test-key.ts'

const KEY = createTestKey('ES256')
const TOKEN = 'header.claims.signature'
const BOUND: TokenBinding = { jkt: thumbprintOf(KEY.publicKey), x5tS256: undefined }
const NOW = 1_800_000_000

interface Bench {
  readonly dpop?: Partial<DpopSettings>
  readonly accessUrl?: string | undefined
  readonly hosts?: readonly string[]
  readonly proofs?: ProofMemory
}

function createCheck({ dpop = {}, accessUrl = 'https://gateway.example.com', hosts = [], proofs }: Bench = {}) {
  return compilePossessionCheck(
    { ...DPOP_DEFAULTS, ...dpop },
    {
      api: { name: 'orders', basePath: '/orders', hosts },
      accessUrl: accessUrl === '' ? undefined : accessUrl,
      proofs: proofs ?? createProofMemory(10),
    },
  )
}

/** A request of now that holds these proofs. */
function requestWith(proofs: readonly string[], plan: Parameters<typeof makeExchange>[0] = {}): Exchange {
  return { ...makeExchange({ ...plan, lines: proofs.flatMap(proof => ['DPoP', proof]) }), nowMs: NOW * 1000 }
}

function proofFor(htu: string, plan: Partial<ProofPlan> = {}): Promise<string> {
  return makeProof(KEY, { htu, token: TOKEN, iat: NOW, ...plan })
}

const HTU = 'https://gateway.example.com/orders/v1'
const codeOf = (denial: Denial | undefined): string => denial?.code ?? 'passes'

test('what a token needs depends on its binding, the scheme, and the rule', async () => {
  const cases: readonly (readonly [DpopSettings['mode'], TokenScheme, TokenBinding, string])[] = [
    ['if_bound', 'Bearer', UNBOUND, 'passes'],
    ['if_bound', 'Bearer', BOUND, 'token.proof_required'],
    ['if_bound', 'DPoP', UNBOUND, 'token.not_bound'],
    ['if_bound', 'DPoP', BOUND, 'passes'],
    ['required', 'Bearer', UNBOUND, 'token.not_bound'],
    ['required', 'Bearer', BOUND, 'token.proof_required'],
    ['required', 'DPoP', UNBOUND, 'token.not_bound'],
    ['required', 'DPoP', BOUND, 'passes'],
    ['off', 'Bearer', UNBOUND, 'passes'],
    ['off', 'Bearer', BOUND, 'passes'],
  ]
  for (const [mode, scheme, binding, verdict] of cases) {
    const exchange = requestWith([await proofFor(HTU)])
    const denial = createCheck({ dpop: { mode } }).refuse(binding, TOKEN, scheme, exchange)
    assert.equal(codeOf(denial), verdict, `${mode} ${scheme} ${binding === BOUND ? 'bound' : 'unbound'}`)
  }
})

test('DP-01 a bound token comes with exactly one proof', async () => {
  const check = createCheck()
  const [one, two] = [await proofFor(HTU), await proofFor(HTU)]
  assert.equal(codeOf(check.refuse(BOUND, TOKEN, 'DPoP', requestWith([]))), 'dpop.missing')
  const several = check.refuse(BOUND, TOKEN, 'DPoP', requestWith([one, two]))
  assert.deepEqual([several?.code, several?.facts], ['dpop.invalid', { reason: 'several fields' }])
  assert.equal(codeOf(check.refuse(BOUND, TOKEN, 'DPoP', requestWith([`${one}, ${two}`]))), 'dpop.invalid')
})

test('DP-10 a proof is good for one request; that request may be judged again', async () => {
  const proofs = createProofMemory(10)
  const check = createCheck({ proofs })
  const proof = await proofFor(HTU)
  const request = requestWith([proof])
  assert.equal(check.refuse(BOUND, TOKEN, 'DPoP', request), undefined)
  assert.equal(codeOf(check.refuse(BOUND, TOKEN, 'DPoP', requestWith([proof]))), 'dpop.replayed')
  const later = { ...request, nowMs: request.nowMs + 3_600_000 }
  const reloaded = createCheck({ proofs, dpop: { mode: 'required' } })
  assert.equal(reloaded.refuse(BOUND, TOKEN, 'DPoP', later), undefined, 'a stream outlives the age of its proof')
  const stricter = createCheck({ proofs, dpop: { algorithms: ['EdDSA'] } })
  assert.equal(codeOf(stricter.refuse(BOUND, TOKEN, 'DPoP', later)), 'dpop.invalid')
})

test('a second rule asks of the same proof what it asks of any, as of when the request came', async () => {
  const proofs = createProofMemory(10)
  const lenient = createCheck({ proofs, dpop: { maxAgeSeconds: 600 } })
  const strict = createCheck({ proofs })
  const careful = createCheck({ proofs, dpop: { nonce: true } })
  const request = requestWith([await proofFor(HTU, { iat: NOW - 300 })])
  assert.equal(codeOf(lenient.refuse(BOUND, TOKEN, 'DPoP', request)), 'passes')
  assert.equal(codeOf(strict.refuse(BOUND, TOKEN, 'DPoP', request)), 'dpop.invalid')
  const fresh = requestWith([await proofFor(HTU)])
  assert.equal(codeOf(lenient.refuse(BOUND, TOKEN, 'DPoP', fresh)), 'passes')
  assert.equal(codeOf(careful.refuse(BOUND, TOKEN, 'DPoP', fresh)), 'dpop.nonce_needed')
  assert.equal(codeOf(strict.refuse(BOUND, TOKEN, 'DPoP', { ...fresh, nowMs: fresh.nowMs + 3_600_000 })), 'passes')
})

test('a proof that is refused is not used up', async () => {
  const check = createCheck()
  const proof = await proofFor(HTU)
  assert.equal(codeOf(check.refuse(BOUND, 'another token', 'DPoP', requestWith([proof]))), 'dpop.invalid')
  assert.equal(codeOf(check.refuse(BOUND, TOKEN, 'DPoP', requestWith([proof]))), 'passes')
})

test('where no more proofs can be remembered, none is believed: our own lack', async () => {
  const check = createCheck({ proofs: createProofMemory(2) })
  assert.equal(codeOf(check.refuse(BOUND, TOKEN, 'DPoP', requestWith([await proofFor(HTU)]))), 'passes')
  assert.equal(codeOf(check.refuse(BOUND, TOKEN, 'DPoP', requestWith([await proofFor(HTU)]))), 'gateway.overloaded')
})

test('DP-03 the target is the public one: access_url, or a configured host under the caller’s scheme', async () => {
  const tls = { head: { scheme: 'https', authority: 'api.example.com:8443' } } as const
  const cases: readonly (readonly [string, Bench, string, Parameters<typeof makeExchange>[0]?])[] = [
    ['passes', {}, 'https://gateway.example.com:443/orders/v1?q#f'],
    ['dpop.invalid', {}, 'http://api.example.com/orders/v1'],
    ['dpop.invalid', {}, 'https://gateway.example.com/orders'],
    ['dpop.invalid', {}, 'https://gateway.example.com/orders/v1/'],
    ['dpop.invalid', {}, 'https://user@gateway.example.com/orders/v1'],
    ['passes', { accessUrl: 'https://edge.example.com/gw' }, 'https://edge.example.com/gw/orders/v1'],
    ['dpop.invalid', { accessUrl: 'https://edge.example.com/gw' }, 'https://edge.example.com/orders/v1'],
    ['passes', { hosts: ['api.example.com'] }, 'https://gateway.example.com/orders/v1'],
    ['passes', { hosts: ['api.example.com'] }, 'http://api.example.com/orders/v1'],
    ['passes', { hosts: ['*.example.com'], accessUrl: '' }, 'https://api.example.com:8443/orders/v1', tls],
    ['dpop.invalid', { hosts: ['*.example.com'], accessUrl: '' }, 'http://api.example.com:8443/orders/v1', tls],
    ['dpop.invalid', { hosts: ['*.example.com'], accessUrl: '' }, 'https://api.example.com/orders/v1', tls],
    ['passes', { accessUrl: '' }, 'http://api.example.com/orders/v1'],
    ['dpop.invalid', { accessUrl: '' }, 'http://other.example.com/orders/v1'],
    ['dpop.invalid', { accessUrl: '' }, 'http:///orders/v1', { head: { authority: '' } }],
  ]
  for (const [verdict, bench, htu, plan] of cases) {
    const denial = createCheck(bench).refuse(BOUND, TOKEN, 'DPoP', requestWith([await proofFor(htu)], plan))
    assert.equal(codeOf(denial), verdict, `${htu} for ${JSON.stringify(bench)}`)
  }
})

test('DP-09 without the nonce that is asked for the answer brings it', async () => {
  const check = createCheck({ dpop: { nonce: true } })
  const refused = check.refuse(BOUND, TOKEN, 'DPoP', requestWith([await proofFor(HTU)]))
  assert.equal(refused?.code, 'dpop.nonce_needed')
  const nonce = refused?.dpopNonce
  assert.ok(nonce !== undefined)
  const proof = await proofFor(HTU, { claims: { nonce } })
  assert.equal(check.refuse(BOUND, TOKEN, 'DPoP', requestWith([proof])), undefined)
  assert.equal(codeOf(check.refuse(BOUND, TOKEN, 'DPoP', requestWith([proof]))), 'dpop.replayed', 'a nonce is no jti')
  const stale = { ...requestWith([await proofFor(HTU, { claims: { nonce } })]), nowMs: NOW * 1000 + 600_000 }
  assert.notEqual(codeOf(check.refuse(BOUND, TOKEN, 'DPoP', stale)), 'passes')
})

test('DP-07 a refusal says what would be taken', () => {
  const algorithms = ['ES256', 'EdDSA'] as const
  const check = createCheck({ dpop: { algorithms } })
  const bearer = check.refuse(BOUND, TOKEN, 'Bearer', requestWith([]))
  assert.deepEqual(bearer, { code: 'token.proof_required', scheme: 'Bearer', algorithms })
  const dpop = check.refuse(BOUND, TOKEN, 'DPoP', requestWith([]))
  assert.deepEqual(dpop, { code: 'dpop.missing', scheme: 'DPoP', algorithms })
  const plain: Denial = { code: 'token.expired' }
  assert.equal(check.inScheme(plain, 'Bearer'), plain)
  assert.deepEqual(check.inScheme(plain, 'DPoP'), { ...plain, scheme: 'DPoP', algorithms })
})

test('MT-01 a token that names a certificate needs it, whatever the rule says of proofs', () => {
  const certificate = { fingerprint: '', subject: '', san: [], verified: true } as const
  const [mine, other] = [Buffer.alloc(32, 1).toString('base64url'), Buffer.alloc(32, 2).toString('base64url')]
  const binding: TokenBinding = { jkt: undefined, x5tS256: mine }
  const cases = [
    [undefined, 'token.certificate_mismatch', 'no client certificate'],
    [{ ...certificate, x5tS256: other }, 'token.certificate_mismatch', 'another client certificate'],
    [{ ...certificate, x5tS256: mine }, 'passes', undefined],
  ] as const
  for (const mode of ['off', 'if_bound'] as const) {
    for (const [presented, verdict, reason] of cases) {
      const exchange = requestWith([], { peer: { tls: true, certificate: presented } })
      const denial = createCheck({ dpop: { mode } }).refuse(binding, TOKEN, 'Bearer', exchange)
      assert.deepEqual([codeOf(denial), denial?.facts?.['reason']], [verdict, reason])
    }
  }
})

test('a token bound to both a key and a certificate needs both', async () => {
  const x5tS256 = Buffer.alloc(32, 1).toString('base64url')
  const certificate = { fingerprint: '', subject: '', san: [], verified: true, x5tS256 } as const
  const peer = { tls: true, certificate }
  const binding: TokenBinding = { ...BOUND, x5tS256 }
  const check = createCheck()
  const proof = await proofFor(HTU)
  assert.equal(codeOf(check.refuse(binding, TOKEN, 'DPoP', requestWith([proof]))), 'token.certificate_mismatch')
  assert.equal(codeOf(check.refuse(binding, TOKEN, 'Bearer', requestWith([proof], { peer }))), 'token.proof_required')
  assert.equal(codeOf(check.refuse(binding, TOKEN, 'DPoP', requestWith([], { peer }))), 'dpop.missing')
  assert.equal(codeOf(check.refuse(binding, TOKEN, 'DPoP', requestWith([proof], { peer }))), 'passes')
})
