import type { Outcome, Target } from '../exchange/exchange.ts'
import type { PublicJwk } from '../keys/signing-key.ts'

/** Paths of our published keys: the product's own, and the customary one (product.md section 5). */
export const JWKS_PATHS: readonly string[] = ['/rest/pub/apigateway/jwt/certs', '/.well-known/jwks.json']

const REPLIED: Outcome = Object.freeze({ kind: 'replied', status: 200 })

/**
 * Creates the target that publishes keys as a JWK Set (RFC 7517 section 5). The body is made once. One key that two issuers
 * share is published once. It is open to everybody: public keys only (JWK-08).
 */
export function createJwksTarget(keys: readonly PublicJwk[]): Target {
  const distinct = new Map(keys.map(key => [`${key.kid} ${key.alg}`, key]))
  const body = JSON.stringify({ keys: [...distinct.values()] })
  const fields = [
    'content-type',
    'application/json',
    'cache-control',
    'public, max-age=300',
    'x-content-type-options',
    'nosniff',
  ]
  return {
    handle(_exchange, reply) {
      reply.send(200, fields, body)
      return REPLIED
    },
  }
}
