/**
 * Makes proofs as a caller does (DPoP, RFC 9449), to try the samples with; a real caller has a library for that.
 *
 *   npx node samples/dpop-proof.ts KEY                     prints the thumbprint of the key, for `cnf.jkt` of a token
 *   npx node samples/dpop-proof.ts KEY METHOD URL TOKEN    prints a proof for one request with this token
 *
 * `KEY` is a PEM file with a private key of P-256: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out KEY`.
 */
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'

const [file = '', method, url, token = ''] = process.argv.slice(2)
const key = createPrivateKey(readFileSync(file, 'utf8'))
const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' })

console.log(method === undefined ? digest(JSON.stringify({ crv, kty, x, y })) : makeProof())

function makeProof(): string {
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { crv, kty, x, y } }
  const claims = { jti: randomUUID(), htm: method, htu: url, iat: Math.floor(Date.now() / 1000), ath: digest(token) }
  const content = `${encode(header)}.${encode(claims)}`
  return `${content}.${sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
