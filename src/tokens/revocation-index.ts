import type { Clock } from '../clock/clock.ts'
import type { RevokedTokens } from '../settings/revocation-settings.ts'
import { claimAt } from './claims.ts'
import type { JsonObject, JsonValue } from './jwt.ts'

/** How long an entry with `exp` stays after it, in milliseconds: no clock skew that is forgiven is longer. */
const EXP_GRACE_MS = 86_400_000

/** What is revoked of one issuer: by `jti` until when, and by claim and value what is older than when, until when. */
interface IssuerIndex {
  readonly jtis: Map<string, number>
  /** Cuts by ascending `beforeMs` and, as none covers another, descending `untilMs`. */
  readonly claims: Map<string, Map<JsonValue, Cut[]>>
}

/** Tokens that were issued before one time are revoked until another. */
interface Cut {
  readonly beforeMs: number
  readonly untilMs: number
}

/** A deny list laid out for looking up: one look for `jti` and one for each claim that entries name, however many entries there are. */
export class RevocationIndex {
  readonly #clock: Pick<Clock, 'now'>
  readonly #issuers = new Map<string, IssuerIndex>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Adds an entry; what is revoked already stays so for the longer of the two times. */
  add(issuer: string, tokens: RevokedTokens, untilMs: number | undefined): void {
    let index = this.#issuers.get(issuer)
    if (index === undefined) {
      index = { jtis: new Map(), claims: new Map() }
      this.#issuers.set(issuer, index)
    }
    const until = endOf(tokens, untilMs)
    if (tokens.kind === 'jti') {
      index.jtis.set(tokens.jti, Math.max(until, index.jtis.get(tokens.jti) ?? 0))
      return
    }
    const values = index.claims.get(tokens.claim) ?? new Map<JsonValue, Cut[]>()
    index.claims.set(tokens.claim, values)
    const cuts = values.get(tokens.value) ?? []
    values.set(tokens.value, cuts)
    addCut(cuts, { beforeMs: tokens.beforeMs, untilMs: until })
  }

  /** Tells whether a token of this issuer with these claims is revoked now. */
  isRevoked(issuer: string, claims: JsonObject): boolean {
    const index = this.#issuers.get(issuer)
    if (index === undefined) return false
    const { jti, iat } = claims
    if (typeof jti === 'string') {
      const untilMs = index.jtis.get(jti)
      if (untilMs !== undefined && this.#clock.now() < untilMs) return true
    }
    for (const [claim, values] of index.claims) {
      const value = claimAt(claims, claim)
      if (value === undefined) continue
      // Who cannot be told to be newer is older.
      const issuedMs = typeof iat === 'number' ? iat * 1000 : Number.NEGATIVE_INFINITY
      const isCut = (one: JsonValue): boolean => {
        const cuts = values.get(one)
        // Of those that cut late enough, the first lasts longest.
        const cut = cuts?.[firstFrom(cuts, Math.floor(issuedMs) + 1)]
        return cut !== undefined && this.#clock.now() < cut.untilMs
      }
      if (Array.isArray(value) ? value.some(isCut) : isCut(value)) return true
    }
    return false
  }
}

/** Tells from when on an entry has no effect, in milliseconds since the epoch; Infinity: it always has. */
export function endOf(tokens: RevokedTokens, untilMs: number | undefined): number {
  const gone =
    tokens.kind === 'jti' && tokens.exp !== undefined ? tokens.exp * 1000 + EXP_GRACE_MS : Number.POSITIVE_INFINITY
  return Math.min(untilMs ?? Number.POSITIVE_INFINITY, gone)
}

/** Adds a cut, unless another one covers it, and takes out those that it covers: a list of thousands for one value is no more work. */
function addCut(cuts: Cut[], added: Cut): void {
  const at = firstFrom(cuts, added.beforeMs)
  const next = cuts[at]
  if (next !== undefined && next.untilMs >= added.untilMs) return
  let first = at
  while (first > 0 && (cuts[first - 1]?.untilMs ?? 0) <= added.untilMs) first -= 1
  const end = next?.beforeMs === added.beforeMs ? at + 1 : at
  cuts.splice(first, end - first, added)
}

/** Finds the place of the first cut at `beforeMs` or later; the length where there is none. */
function firstFrom(cuts: readonly Cut[], beforeMs: number): number {
  let [low, high] = [0, cuts.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((cuts[middle]?.beforeMs ?? 0) < beforeMs) low = middle + 1
    else high = middle
  }
  return low
}
