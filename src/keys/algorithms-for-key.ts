import type { KeyObject } from 'node:crypto'
import type { Result } from '../errors/denial.ts'
import type { JwsAlgorithm } from './key-source.ts'
import { nameRsaWeakness } from './rsa-strength.ts'

/** What a JWK says about its own use (RFC 7517 sections 4.2 to 4.4), as it stands in the document. */
export interface KeyHints {
  readonly alg?: unknown
  readonly use?: unknown
  readonly keyOps?: unknown
}

const RS: readonly JwsAlgorithm[] = ['RS256', 'RS384', 'RS512']
const PS: readonly JwsAlgorithm[] = ['PS256', 'PS384', 'PS512']
/** RFC 7518 section 3.4: a curve belongs to one algorithm. Names as OpenSSL has them. */
const ALGORITHM_OF_CURVE: ReadonlyMap<string, JwsAlgorithm> = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
] as const)

/**
 * Binds a public key to the algorithms it may verify: by type, curve and size of the key, narrowed by the hints
 * (RFC 8725 section 3.1). `alg: "RSA"`, which the product publishes, means any RS algorithm. The error is a few words:
 * why the key is of no use.
 */
export function algorithmsForKey(key: KeyObject, hints: KeyHints = {}): Result<ReadonlySet<JwsAlgorithm>, string> {
  if (hints.use !== undefined && hints.use !== 'sig') return { ok: false, error: 'not for signatures' }
  if (hints.keyOps !== undefined && !(Array.isArray(hints.keyOps) && hints.keyOps.includes('verify')))
    return { ok: false, error: 'not for verification' }
  const fitting = algorithmsThatFit(key)
  if (!fitting.ok) return fitting
  if (hints.alg === undefined) return { ok: true, value: new Set(fitting.value) }
  const named = fitting.value.filter(algorithm => agrees(hints.alg, algorithm, key))
  return named.length === 0
    ? { ok: false, error: 'algorithm does not fit the key' }
    : { ok: true, value: new Set(named) }
}

function algorithmsThatFit(key: KeyObject): Result<readonly JwsAlgorithm[], string> {
  const type = key.asymmetricKeyType
  if (key.type !== 'public') return { ok: false, error: 'not a public key' }
  if (type === 'rsa' || type === 'rsa-pss') {
    const weakness = nameRsaWeakness(key)
    if (weakness !== undefined) return { ok: false, error: weakness }
    return { ok: true, value: type === 'rsa' ? [...RS, ...PS] : algorithmsOfPssKey(key) }
  }
  if (type === 'ed25519' || type === 'ed448') return { ok: true, value: ['EdDSA'] }
  const curve = ALGORITHM_OF_CURVE.get(key.asymmetricKeyDetails?.namedCurve ?? '')
  return curve === undefined ? { ok: false, error: 'key type not supported' } : { ok: true, value: [curve] }
}

/** An RSASSA-PSS key may be restricted to one hash by its own parameters (RFC 4055). */
function algorithmsOfPssKey(key: KeyObject): readonly JwsAlgorithm[] {
  const hash = key.asymmetricKeyDetails?.hashAlgorithm
  return hash === undefined ? PS : PS.filter(algorithm => hash === `sha${algorithm.slice(2)}`)
}

function agrees(alg: unknown, algorithm: JwsAlgorithm, key: KeyObject): boolean {
  if (alg === algorithm) return true
  if (alg === 'RSA') return RS.includes(algorithm)
  // The fully specified names of RFC 9864 stand for EdDSA with that curve.
  return (
    algorithm === 'EdDSA' && typeof alg === 'string' && alg.toLowerCase() === key.asymmetricKeyType && /^Ed/.test(alg)
  )
}
