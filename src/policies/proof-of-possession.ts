import type { Denial } from '../errors/denial.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { Peer, RequestHead } from '../message/request-head.ts'
import { originOf, parseTargetUri } from '../message/target-uri.ts'
import type { DpopSettings } from '../settings/model.ts'
import { verifyProof } from '../tokens/dpop-proof.ts'
import { createProofNonces, type ProofNonces } from '../tokens/proof-nonces.ts'
import { createProofReplays, type ProofReplays } from '../tokens/proof-replays.ts'
import type { TokenBinding } from '../tokens/token-binding.ts'
import type { PolicyParts } from './policy-parts.ts'

/** What outlives a request where callers prove to hold a key; one for the gateway, whatever its settings. */
export interface ProofMemory {
  readonly replays: ProofReplays
  readonly nonces: ProofNonces
  /** When the proof of a request was taken: one that is judged again is no replay of its own proof, and the proof no older. */
  readonly taken: WeakMap<RequestHead, number>
}

/** Creates an empty memory for at most `most` proofs (`limits.max_dpop_proofs`). */
export function createProofMemory(most: number): ProofMemory {
  return { replays: createProofReplays(most), nonces: createProofNonces(), taken: new WeakMap() }
}

/** How a token came: a scheme of the Authorization field. */
export type TokenScheme = 'Bearer' | 'DPoP'

/** Whether who presents a token is whom it is bound to (RFC 8705 section 3, RFC 9449 section 7). */
export interface PossessionCheck {
  /** False where a token of the DPoP scheme counts as absent, as one of an unknown scheme does. */
  readonly takesDpop: boolean
  /** True where no token is taken without a proof. */
  readonly requiresDpop: boolean
  /** Algorithms of proofs, for challenges. */
  readonly algorithms: readonly string[]
  /** Refuses, or says undefined where the caller may use the token. Its verdict is on this request alone. */
  refuse(binding: TokenBinding, token: string, scheme: TokenScheme, exchange: Exchange): Denial | undefined
  /** Puts into a refusal of the token what its challenge has to say. */
  inScheme(denial: Denial, scheme: TokenScheme): Denial
}

/**
 * Compiles the check for one rule. With `if_bound` a token decides for itself: bound to a key, it needs a proof and the scheme `DPoP`, else it is
 * its bearer's; `required` takes bound tokens only; `off` looks at no proof. A certificate that a token names is always asked for.
 */
export function compilePossessionCheck(
  settings: DpopSettings,
  { api, accessUrl, proofs }: Pick<PolicyParts, 'api' | 'accessUrl' | 'proofs'>,
): PossessionCheck {
  const algorithms = new Set(settings.algorithms)
  const offered = Object.freeze([...algorithms])
  const isTarget = compileTarget(accessUrl, api.hosts)
  const requiresDpop = settings.mode === 'required'

  const refuseProof = (jkt: string, token: string, { head, nowMs }: Exchange): Denial | undefined => {
    const proof = head.fields.first('dpop')
    if (proof === undefined) return { code: 'dpop.missing' }
    if (head.fields.count('dpop') > 1) return { code: 'dpop.invalid', facts: { reason: 'several fields' } }
    const takenAtMs = proofs.taken.get(head)
    const atMs = takenAtMs ?? nowMs
    const verified = verifyProof(proof, {
      method: head.method,
      isTarget: htu => isTarget(htu, head),
      token,
      jkt,
      algorithms,
      freshness: { nowMs: atMs, maxAgeSeconds: settings.maxAgeSeconds, isNonce: isNonceAt(atMs) },
    })
    if (!verified.ok) return withNonce(verified.error, nowMs)
    if (takenAtMs !== undefined) return undefined
    const use = proofs.replays.use(jkt, verified.value.jti, verified.value.overAtMs, nowMs)
    if (use === 'again') return { code: 'dpop.replayed' }
    if (use === 'full')
      return { code: 'gateway.overloaded', facts: { reason: 'no more DPoP proofs can be remembered' } }
    proofs.taken.set(head, nowMs)
    return undefined
  }

  const isNonceAt = (nowMs: number): ((nonce: string) => boolean) | undefined =>
    settings.nonce ? nonce => proofs.nonces.isKnown(nonce, nowMs) : undefined

  const withNonce = (denial: Denial, nowMs: number): Denial =>
    denial.code === 'dpop.nonce_needed' ? { ...denial, dpopNonce: proofs.nonces.current(nowMs) } : denial

  const refuseKey = (
    jkt: string | undefined,
    token: string,
    scheme: TokenScheme,
    exchange: Exchange,
  ): Denial | undefined => {
    if (scheme === 'DPoP') return jkt === undefined ? NOT_BOUND : refuseProof(jkt, token, exchange)
    if (jkt !== undefined) return PROOF_REQUIRED
    return requiresDpop ? NOT_BOUND : undefined
  }

  const inScheme = (denial: Denial, scheme: TokenScheme): Denial =>
    scheme === 'DPoP' || requiresDpop || denial.code === 'token.proof_required'
      ? { ...denial, scheme, algorithms: offered }
      : denial

  return {
    takesDpop: settings.mode !== 'off',
    requiresDpop,
    algorithms: offered,
    inScheme,
    refuse({ jkt, x5tS256 }, token, scheme, exchange) {
      const denial =
        refuseCertificate(x5tS256, exchange.head.peer) ??
        (settings.mode === 'off' ? undefined : refuseKey(jkt, token, scheme, exchange))
      return denial === undefined ? undefined : inScheme(denial, scheme)
    },
  }
}

function refuseCertificate(x5tS256: string | undefined, { certificate }: Peer): Denial | undefined {
  if (x5tS256 === undefined || certificate?.x5tS256 === x5tS256) return undefined
  const reason = certificate === undefined ? 'no client certificate' : 'another client certificate'
  return { code: 'token.certificate_mismatch', facts: { reason } }
}

const NOT_BOUND: Denial = Object.freeze({ code: 'token.not_bound' })
const PROOF_REQUIRED: Denial = Object.freeze({ code: 'token.proof_required' })

/**
 * Compiles whether an `htu` is the public address of a request (RFC 9449 section 4.3, check 9): `access_url`, or one of the API's configured hosts, which routing
 * has found the request to name, under the scheme that the caller used. Only where neither is configured the host that the caller names is believed.
 */
function compileTarget(
  accessUrl: string | undefined,
  hosts: readonly string[],
): (htu: string, head: RequestHead) => boolean {
  const base = accessUrl === undefined ? undefined : parseTargetUri(accessUrl)
  const prefix = base === undefined || base.path === '/' ? '' : base.path.replace(/\/$/, '')
  const believesHost = base === undefined || hosts.length > 0
  return (htu, head) => {
    const target = parseTargetUri(htu)
    if (target === undefined) return false
    if (base !== undefined && target.origin === base.origin && target.path === prefix + head.path) return true
    return believesHost && target.path === head.path && target.origin === originOf(head.scheme, head.authority)
  }
}
