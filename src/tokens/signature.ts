import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import type { JwsAlgorithm } from '../keys/key-source.ts'
import type { AsymmetricAlgorithm, HmacAlgorithm } from '../settings/model.ts'

interface SignatureRule {
  readonly kind: 'hmac' | 'rsa' | 'pss' | 'ecdsa' | 'eddsa'
  /** Null where the algorithm brings its own: Node.js would take its default hash for another type of key. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null
  /** Exact octets of an ECDSA signature, R and S (RFC 7518 section 3.4). */
  readonly octets?: number
}

/** Every algorithm there is for us. Nothing outside this table is ever used (RFC 8725 section 3.1); names are exact. */
const RULES: ReadonlyMap<string, SignatureRule> = new Map<JwsAlgorithm, SignatureRule>([
  ['HS256', { kind: 'hmac', hash: 'sha256' }],
  ['HS384', { kind: 'hmac', hash: 'sha384' }],
  ['HS512', { kind: 'hmac', hash: 'sha512' }],
  ['RS256', { kind: 'rsa', hash: 'sha256' }],
  ['RS384', { kind: 'rsa', hash: 'sha384' }],
  ['RS512', { kind: 'rsa', hash: 'sha512' }],
  ['PS256', { kind: 'pss', hash: 'sha256' }],
  ['PS384', { kind: 'pss', hash: 'sha384' }],
  ['PS512', { kind: 'pss', hash: 'sha512' }],
  ['ES256', { kind: 'ecdsa', hash: 'sha256', octets: 64 }],
  ['ES384', { kind: 'ecdsa', hash: 'sha384', octets: 96 }],
  ['ES512', { kind: 'ecdsa', hash: 'sha512', octets: 132 }],
  ['EdDSA', { kind: 'eddsa', hash: null }],
])

/** Tells whether an `alg` is one of the HMAC algorithms; the comparison is exact (`hs256` is none). */
export function isHmacAlgorithm(alg: string): alg is HmacAlgorithm {
  return RULES.get(alg)?.kind === 'hmac'
}

/** Tells whether an `alg` is one of the asymmetric algorithms; the comparison is exact, and `none` is none. */
export function isAsymmetricAlgorithm(alg: string): alg is AsymmetricAlgorithm {
  const rule = RULES.get(alg)
  return rule !== undefined && rule.kind !== 'hmac'
}

/**
 * Verifies the signature of a compact JWS over the octets as received (RFC 7515 section 5.2), synchronously
 * (`docs/decisions/0003-synchronous-signature-checks.md`). The caller has bound the key to the algorithm. Whatever the
 * platform's cryptography objects to is a signature that is not valid.
 */
export function verifySignature(alg: JwsAlgorithm, key: KeyObject, compact: string): boolean {
  const rule = RULES.get(alg)
  if (rule === undefined) return false
  const end = compact.lastIndexOf('.')
  const signature = Buffer.from(compact.slice(end + 1), 'base64url')
  const signed = Buffer.from(compact.slice(0, end), 'latin1')
  if (rule.kind === 'hmac') return isMac(rule.hash as string, key, signed, signature)
  if (!TYPES[rule.kind].includes(key.asymmetricKeyType)) return false
  if (rule.octets !== undefined && signature.length !== rule.octets) return false
  try {
    return verify(rule.hash, signed, { key, ...OPTIONS[rule.kind] }, signature)
  } catch {
    return false
  }
}

const TYPES: Readonly<Record<Exclude<SignatureRule['kind'], 'hmac'>, readonly (string | undefined)[]>> = {
  rsa: ['rsa'],
  pss: ['rsa', 'rsa-pss'],
  ecdsa: ['ec'],
  eddsa: ['ed25519', 'ed448'],
}

/** The salt is as long as the hash (RFC 7518 section 3.5); ECDSA signatures are R and S side by side (section 3.4). */
const OPTIONS = {
  rsa: { padding: constants.RSA_PKCS1_PADDING },
  pss: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ecdsa: { dsaEncoding: 'ieee-p1363' },
  eddsa: {},
} as const

function isMac(hash: string, key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  // A public key is no shared secret, whatever a token says (CVE-2016-10555).
  if (key.type !== 'secret') return false
  const mac = createHmac(hash, key).update(signed).digest()
  return mac.length === signature.length && timingSafeEqual(mac, signature)
}
