import type { JwsAlgorithm, VerificationKey } from './key-source.ts'

/** At most so many keys are tried for one token: it bounds the work for a token without `kid`. */
const MOST_CANDIDATES = 16

/**
 * Finds the keys that fit a JOSE header: bound to the algorithm, not retired, and with exactly this `kid` (RFC 7515
 * section 4.1.4: case-sensitive). Without `kid`, or where the source pins its keys (`anyKid`), the algorithm alone decides.
 */
export function selectKeys(
  keys: readonly VerificationKey[],
  alg: JwsAlgorithm,
  kid: string | undefined,
  anyKid = false,
): readonly VerificationKey[] {
  const fitting: VerificationKey[] = []
  for (const key of keys) {
    if (!key.algorithms.has(alg) || key.retired) continue
    if (kid !== undefined && !anyKid && key.kid !== kid) continue
    fitting.push(key)
    if (fitting.length === MOST_CANDIDATES) break
  }
  return fitting
}

/** Tells whether a set knows a `kid`, whatever its keys are good for. */
export function knowsKid(keys: readonly VerificationKey[], kid: string | undefined): boolean {
  return kid !== undefined && keys.some(key => key.kid === kid)
}
