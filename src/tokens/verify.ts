/**
 * From a bearer string to a VerifiedJwt: the one place that makes them. Each step refuses by itself, in the order of
 * product.md 4: form, issuer, algorithm, key, signature, times. Unverified claims choose a key here and do nothing else.
 * Nothing in a token's header is fetched or trusted. `policies` calls this with the auth servers of one rule.
 */
import type { Clock } from '../clock/clock.ts'
import { type Denial, deny, ok, type Result } from '../errors/denial.ts'
import type { KeyCandidates, KeySource, VerificationKey } from '../keys/key-source.ts'
import type { AsymmetricAlgorithm, HmacAlgorithm } from '../settings/model.ts'
import { audienceOf } from './claims.ts'
import { decodeJwt } from './decode.ts'
import type { UnverifiedJwt, VerifiedJwt } from './jwt.ts'
import { judgeRevocation, type RevocationList } from './revocations.ts'
import { isAsymmetricAlgorithm, isHmacAlgorithm, verifySignature } from './signature.ts'
import { judgeTime, readValidity } from './times.ts'
import { isAccessTokenType } from './token-type.ts'
import { digestOf, type VerifiedEntry, type VerifiedTokenCache } from './verified-cache.ts'

/** One auth server whose tokens a rule accepts. */
export interface TokenServer {
  readonly name: string
  /** Compared with `iss` exactly and case-sensitively. */
  readonly issuer: string
  readonly keys: KeySource
  /** Undefined: every asymmetric algorithm that fits the key. */
  readonly algorithms: ReadonlySet<AsymmetricAlgorithm> | undefined
  readonly clockSkewSeconds: number
  readonly requireExp: boolean
}

/** The key of an application's strategy, and whom a token that it verifies identifies. */
export interface HmacCandidate {
  readonly key: VerificationKey
  /** Id of the application. */
  readonly owner: string
  /** Audience of the strategy. */
  readonly audience: string | undefined
}

/**
 * Finds the strategies whose key may have signed a token. The unverified claims may choose among keys and nothing else.
 * At most `MOST_HMAC_CANDIDATES` are tried.
 */
export type HmacCandidates = (
  unverified: UnverifiedJwt,
  authServer: string,
  algorithm: HmacAlgorithm,
) => readonly HmacCandidate[]

export interface VerificationRules {
  readonly servers: readonly TokenServer[]
  /** Share one function among the rules of a snapshot: cached verdicts on HMAC tokens hang on it. */
  readonly hmacCandidates: HmacCandidates
  readonly maxTokenBytes: number
}

export interface TokenVerifier {
  /**
   * Judges a token. Answers at once wherever nothing has to be waited for, always for a token that was verified before; a
   * promise only where its key has to be fetched. `nowMs` is in milliseconds since the epoch.
   */
  verify(compact: string, nowMs: number): Result<VerifiedJwt> | Promise<Result<VerifiedJwt>>
}

/** A forged token must not buy more signature checks than this (product.md 4, step 3). */
export const MOST_HMAC_CANDIDATES = 8
/** Longest piece of unverified text in the log. */
const MOST_LOGGED = 120

export interface VerifierParts {
  readonly clock: Clock
  readonly cache: VerifiedTokenCache
  /** Asked at every verdict. */
  readonly revocations: RevocationList
}

/** Creates the verifier of one rule. Verifiers with the same auth servers share the verdicts in their cache. */
export function createTokenVerifier(rules: VerificationRules, parts: VerifierParts): TokenVerifier {
  return new CachingVerifier(rules, parts)
}

/** An auth server with all that a verdict under it depends on, in one string. */
interface KnownServer {
  readonly server: TokenServer
  readonly rules: string
}

class CachingVerifier implements TokenVerifier {
  readonly #rules: VerificationRules
  readonly #clock: Clock
  readonly #cache: VerifiedTokenCache
  readonly #revocations: RevocationList
  readonly #byIssuer: ReadonlyMap<string, KnownServer>
  readonly #byName: ReadonlyMap<string, KnownServer>

  constructor(rules: VerificationRules, { clock, cache, revocations }: VerifierParts) {
    const known = rules.servers.map(server => ({ server, rules: describeRules(server, cache) }))
    this.#rules = rules
    this.#clock = clock
    this.#cache = cache
    this.#revocations = revocations
    this.#byIssuer = new Map(known.map(entry => [entry.server.issuer, entry]))
    this.#byName = new Map(known.map(entry => [entry.server.name, entry]))
  }

  verify(compact: string, nowMs: number): Result<VerifiedJwt> | Promise<Result<VerifiedJwt>> {
    // Before the hash, so that nobody makes it work on more.
    if (compact.length > this.#rules.maxTokenBytes)
      return deny('token.too_large', { bytes: compact.length, limit: this.#rules.maxTokenBytes })
    const digest = digestOf(compact)
    const entry = this.#cache.find(digest)
    if (entry !== undefined && this.#isInForce(entry)) {
      this.#cache.uses.hits += 1
      const { value } = entry.result
      const outside = judgeTime(value, nowMs)
      if (outside !== undefined) {
        this.#cache.forget(digest)
        return outside
      }
      // The verdict on the rest stands: who goes on sending a revoked token buys no signature check with it.
      const revoked = judgeRevocation(this.#revocations, value.issuer, value.claims, value.authServer)
      if (revoked !== undefined) return revoked
      value.key.lastUsedMs = nowMs
      return entry.result
    }
    this.#cache.uses.misses += 1
    return this.#verifyAnew(compact, digest, nowMs)
  }

  /** Tells whether a verdict was reached under this verifier's rules, with a key that is still good. */
  #isInForce({ rules, hmacCandidates, result }: VerifiedEntry): boolean {
    const known = this.#byName.get(result.value.authServer)
    if (known === undefined || known.rules !== rules || result.value.key.retired) return false
    return hmacCandidates === undefined || hmacCandidates === this.#rules.hmacCandidates
  }

  #verifyAnew(compact: string, digest: string, nowMs: number): Result<VerifiedJwt> | Promise<Result<VerifiedJwt>> {
    const decoded = decodeJwt(compact, this.#rules.maxTokenBytes)
    if (!decoded.ok) return decoded
    const jwt = decoded.value
    const { alg, kid, typ } = jwt.header
    if (!isAccessTokenType(typ)) return deny('token.malformed', { reason: 'header: typ', typ: cut(typ) })
    const known = jwt.issuer === undefined ? undefined : this.#byIssuer.get(jwt.issuer)
    if (known === undefined) return deny('token.issuer_unknown', { issuer: cut(jwt.issuer) })
    const { server } = known
    if (isHmacAlgorithm(alg)) return this.#conclude(jwt, digest, nowMs, known, this.#findMac(jwt, server, alg))
    if (!isAsymmetricAlgorithm(alg) || server.algorithms?.has(alg) === false)
      return deny('token.algorithm_not_allowed', { authServer: server.name, alg: cut(alg) })
    const keys = server.keys.candidates(alg, kid)
    const signer =
      keys instanceof Promise
        ? keys.then(late => judgeSigner(jwt, server, alg, late))
        : judgeSigner(jwt, server, alg, keys)
    if (!(signer instanceof Promise)) return this.#conclude(jwt, digest, nowMs, known, signer)
    // The wait may have been long enough for the token to expire.
    return signer.then(late => this.#conclude(jwt, digest, this.#clock.now(), known, late))
  }

  #findMac(jwt: UnverifiedJwt, server: TokenServer, alg: HmacAlgorithm): Result<HmacCandidate> {
    const candidates = this.#rules.hmacCandidates(jwt, server.name, alg).slice(0, MOST_HMAC_CANDIDATES)
    if (candidates.length === 0) return deny('token.key_unknown', { authServer: server.name, alg })
    const signer = candidates.find(({ key }) => isSignedBy(jwt, alg, key))
    return signer === undefined ? deny('token.signature_invalid', { authServer: server.name, alg }) : ok(signer)
  }

  /** The steps after the signature: from here on the claims are the issuer's word. */
  #conclude(
    jwt: UnverifiedJwt,
    digest: string,
    nowMs: number,
    { server, rules }: KnownServer,
    signer: Result<Signer>,
  ): Result<VerifiedJwt> {
    if (!signer.ok) return signer
    const { key, owner, audience: strategyAudience } = signer.value
    const claims = jwt.unverifiedClaims
    const validity = readValidity(claims, server)
    if (!validity.ok) return validity
    const outside = judgeTime(validity.value, nowMs)
    if (outside !== undefined) return outside
    const audience = claims['aud'] === undefined ? undefined : audienceOf(claims['aud'])
    if (audience === undefined && claims['aud'] !== undefined) return deny('token.claim_invalid', { claim: 'aud' })
    const result = ok<VerifiedJwt>({
      state: 'verified',
      header: jwt.header,
      claims,
      issuer: server.issuer,
      authServer: server.name,
      key,
      keyOwner: owner,
      strategyAudience,
      audience,
      ...validity.value,
    })
    key.lastUsedMs = nowMs
    const hmacCandidates = owner === undefined ? undefined : this.#rules.hmacCandidates
    this.#cache.keep(digest, jwt.compact.length, { rules, hmacCandidates, result })
    // After it was kept, as everybody who asks the cache asks again.
    return judgeRevocation(this.#revocations, server.issuer, claims, server.name) ?? result
  }
}

/** The key that a signature was valid with; `owner` only where it is an application's. */
interface Signer {
  readonly key: VerificationKey
  readonly owner?: string
  readonly audience?: string | undefined
}

/** Finds the key that signed a token. Without `kid` nothing tells that its key is a new one but its signature. */
function judgeSigner(
  jwt: UnverifiedJwt,
  server: TokenServer,
  alg: AsymmetricAlgorithm,
  keys: KeyCandidates,
): Result<Signer> | Promise<Result<Signer>> {
  const signer = findSigner(jwt, server, alg, keys)
  if (signer.ok || jwt.header.kid !== undefined || signer.error.code !== 'token.signature_invalid') return signer
  const judgeAnew = (arrived: KeyCandidates): Result<Signer> =>
    arrived.ok && arrived.value.length === 0 ? signer : findSigner(jwt, server, alg, arrived)
  const arrived = server.keys.reconsider(alg)
  return arrived instanceof Promise ? arrived.then(judgeAnew) : judgeAnew(arrived)
}

function findSigner(
  jwt: UnverifiedJwt,
  server: TokenServer,
  alg: AsymmetricAlgorithm,
  keys: KeyCandidates,
): Result<Signer> {
  if (!keys.ok) return keys
  const facts: Denial['facts'] = { authServer: server.name, alg, kid: cut(jwt.header.kid) }
  if (keys.value.length === 0) return deny('token.key_unknown', facts)
  const key = keys.value.find(candidate => isSignedBy(jwt, alg, candidate))
  return key === undefined ? deny('token.signature_invalid', facts) : ok({ key })
}

function isSignedBy(jwt: UnverifiedJwt, alg: AsymmetricAlgorithm | HmacAlgorithm, key: VerificationKey): boolean {
  return !key.retired && key.algorithms.has(alg) && verifySignature(alg, key.key, jwt.compact)
}

function describeRules(server: TokenServer, cache: VerifiedTokenCache): string {
  const algorithms = server.algorithms === undefined ? null : [...server.algorithms].sort()
  const { name, issuer, clockSkewSeconds, requireExp } = server
  return JSON.stringify([cache.numberOf(server.keys), name, issuer, algorithms, clockSkewSeconds, requireExp])
}

function cut(text: string | undefined): string {
  return text === undefined ? '(none)' : text.slice(0, MOST_LOGGED)
}
