/** Keys that tests sign with, made at run time: by Node.js, or by the `openssl` program. Tokens are signed by jose. */
import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { type JWTHeaderParameters, SignJWT } from 'jose'
import type { AsymmetricAlgorithm } from '../../src/settings/model.ts'

export type AsymmetricName = AsymmetricAlgorithm

export interface TestKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** The public JWK with `kid`, `alg` and `use`. */
  readonly jwk: Readonly<Record<string, unknown>>
  /** Signs exactly these claims with jose. `header` may add to or replace `alg` and `kid`; undefined removes `kid`. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

/** Makes a key pair for an algorithm. RSA keys have 2048 bits unless told otherwise. */
export function createTestKey(
  alg: AsymmetricName,
  options: { readonly kid?: string; readonly modulusLength?: number } = {},
): TestKey {
  return toTestKey(alg, generatePrivateKey(alg, options.modulusLength ?? 2048), options.kid)
}

/** Makes a key pair for an algorithm, or takes this RSA key pair for it where one fits: making them takes a tenth of a second. */
export function createKeyUnlessRsa(alg: AsymmetricName, rsa: TestKey): TestKey {
  return /^[RP]S/.test(alg) ? toTestKey(alg, rsa.privateKey) : createTestKey(alg)
}

/** Makes a key pair with the `openssl` program. */
export function createOpensslKey(alg: AsymmetricName, options: { readonly kid?: string } = {}): TestKey {
  const curve = CURVES[alg]
  const kind =
    alg === 'EdDSA'
      ? ['-algorithm', 'ed25519']
      : curve === undefined
        ? ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']
        : ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`]
  const pem = execFileSync('openssl', ['genpkey', ...kind], { stdio: ['ignore', 'pipe', 'ignore'] })
  return toTestKey(alg, createPrivateKey(pem), options.kid)
}

/** Takes a private key in PEM for one. */
export function keyFromPem(alg: AsymmetricName, pem: string): TestKey {
  return toTestKey(alg, createPrivateKey(pem))
}

/** Signs claims with a shared secret (HS256, HS384, HS512), by jose. */
export function signWithSecret(
  claims: Readonly<Record<string, unknown>>,
  secret: Uint8Array,
  header: Readonly<Record<string, unknown>> = { alg: 'HS256' },
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header as JWTHeaderParameters).sign(secret)
}

function generatePrivateKey(alg: AsymmetricName, modulusLength: number): KeyObject {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519').privateKey
  const namedCurve = CURVES[alg]
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve }).privateKey
  return generateKeyPairSync('rsa', { modulusLength }).privateKey
}

function toTestKey(alg: string, privateKey: KeyObject, kid = randomBytes(8).toString('hex')): TestKey {
  const publicKey = createPublicKey(privateKey)
  return {
    alg,
    kid,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
    sign(claims, header = {}) {
      const full: Record<string, unknown> = { alg, kid, ...header }
      if (full['kid'] === undefined) delete full['kid']
      return new SignJWT(claims).setProtectedHeader(full as JWTHeaderParameters).sign(privateKey)
    },
  }
}
