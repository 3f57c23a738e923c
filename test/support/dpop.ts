/** Proofs as a caller makes them (RFC 9449 section 4.2), and what rules ask of them when they say nothing. */
import { createHash, randomUUID } from 'node:crypto'
import { thumbprintOf } from '../../src/keys/verification-key.ts'
import type { DpopSettings } from '../../src/settings/model.ts'
import type { TestKey } from './test-key.ts'

export const DPOP_DEFAULTS: DpopSettings = {
  mode: 'if_bound',
  algorithms: ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
  maxAgeSeconds: 60,
  nonce: false,
}

export interface ProofPlan {
  readonly method?: string
  readonly htu: string
  readonly token: string
  /** Seconds since the epoch; now by default. */
  readonly iat?: number
  /** Added to the claims, or put in their place; undefined takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** The same for the header. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** Makes a proof with this key. */
export function makeProof(key: TestKey, plan: ProofPlan): Promise<string> {
  const claims = {
    jti: randomUUID(),
    htm: plan.method ?? 'GET',
    htu: plan.htu,
    iat: plan.iat ?? Math.floor(Date.now() / 1000),
    ath: createHash('sha256').update(plan.token).digest('base64url'),
    ...plan.claims,
  }
  return key.sign(withoutGaps(claims), { typ: 'dpop+jwt', jwk: publicJwkOf(key), kid: undefined, ...plan.header })
}

/** The bare public key as a proof carries it. */
export function publicJwkOf(key: TestKey): Readonly<Record<string, unknown>> {
  return { ...key.publicKey.export({ format: 'jwk' }) }
}

/** `cnf` of a token that is bound to a key. */
export function boundTo(key: TestKey): { readonly cnf: { readonly jkt: string } } {
  return { cnf: { jkt: thumbprintOf(key.publicKey) } }
}

function withoutGaps(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}
