import { hash } from 'node:crypto'

/** What became of a proof that was shown. */
export type ProofUse =
  | 'first'
  | 'again'
  /** No more proofs can be remembered: whether it was used before will not be known. */
  | 'full'

/** The DPoP proofs of late, each good for one request (RFC 9449 section 11.1). Survives reloads; a restart forgets them. */
export interface ProofReplays {
  /**
   * Notes that a proof was shown.
   *
   * @param jkt thumbprint of its key: a `jti` is its key's own
   * @param overAtMs when it need not be remembered any more, in milliseconds since the epoch
   */
  use(jkt: string, jti: string, overAtMs: number, nowMs: number): ProofUse
  /** Takes another bound over (`limits.max_dpop_proofs`). What is remembered stays. */
  resize(most: number): void
  readonly size: number
}

interface Shown {
  readonly overAtMs: number
  readonly owner: Owner
}

/** A key, and how many of its proofs are remembered. */
interface Owner {
  readonly jkt: string
  count: number
}

/** Creates an empty memory for `most` proofs. One key may take half of it, so that one caller cannot shut out all others. */
export function createProofReplays(most: number): ProofReplays {
  const shown = new Map<string, Shown>()
  const owners = new Map<string, Owner>()
  let bound = most

  /** In order of arrival: what is over behind something that lives longer stays a little longer, which does no harm. */
  const forgetWhatIsOver = (nowMs: number): void => {
    for (const [digest, { overAtMs, owner }] of shown) {
      if (overAtMs > nowMs) return
      shown.delete(digest)
      owner.count -= 1
      if (owner.count === 0) owners.delete(owner.jkt)
    }
  }
  return {
    use(jkt, jti, overAtMs, nowMs) {
      forgetWhatIsOver(nowMs)
      // A thumbprint has one length: no two pairs read alike.
      const digest = hash('sha256', jkt + jti, 'base64url')
      if (shown.has(digest)) return 'again'
      const owner = owners.get(jkt) ?? { jkt, count: 0 }
      if (shown.size >= bound || owner.count >= Math.ceil(bound / 2)) return 'full'
      owner.count += 1
      owners.set(jkt, owner)
      shown.set(digest, { overAtMs, owner })
      return 'first'
    },
    resize(next) {
      bound = next
    },
    get size() {
      return shown.size
    },
  }
}
