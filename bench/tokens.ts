/** Fresh keys and tokens for one run: an RSA key of 2048 bits, its JWK Set, and RS256 tokens that every contestant accepts. */
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ISSUER = 'https://idp.bench.example'
export const AUDIENCE = 'bench'
export const SUBJECT = 'billing-batch'
export const TENANT = 'acme'

export interface Credentials {
  readonly jwksFile: string
  readonly publicKeyFile: string
  readonly good: readonly string[]
  /** A token whose signature was made by a key that nobody knows, under the right `kid`. */
  readonly badSignature: string
}

/** Makes keys and `count` different tokens, valid for an hour, and writes the public parts into a folder. */
export function makeCredentials(directory: string, count: number): Credentials {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = randomUUID()
  const jwksFile = join(directory, 'jwks.json')
  const publicKeyFile = join(directory, 'public.pem')
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
  writeFileSync(jwksFile, JSON.stringify({ keys: [jwk] }))
  writeFileSync(publicKeyFile, publicKey.export({ format: 'pem', type: 'spki' }))
  const good: string[] = []
  for (let i = 0; i < count; i++) good.push(mint(privateKey, kid))
  return { jwksFile, publicKeyFile, good, badSignature: mint(stranger.privateKey, kid) }
}

function mint(key: KeyObject, kid: string): string {
  const now = Math.floor(Date.now() / 1000)
  const header = { alg: 'RS256', typ: 'JWT', kid }
  const claims = {
    iss: ISSUER,
    sub: SUBJECT,
    aud: AUDIENCE,
    exp: now + 3600,
    nbf: now - 10,
    iat: now - 10,
    jti: randomUUID(),
    tenant: TENANT,
    scope: 'orders:read',
  }
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${sign('RSA-SHA256', Buffer.from(input), key).toString('base64url')}`
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
