import { deny, type Result } from '../errors/denial.ts'
import type { Introspector } from '../introspection/introspector.ts'
import type { IntrospectedToken } from '../tokens/accepted-token.ts'
import { judgeRevocation, type RevocationList } from '../tokens/revocations.ts'
import { digestOf } from '../tokens/verified-cache.ts'

/** What the `oauth2` rules of one snapshot ask, and what they need to know of its auth servers. */
export interface Introspectors {
  /** Auth servers with an introspection endpoint, by name, in the order of the file. */
  readonly servers: ReadonlyMap<string, Introspector>
  /** Issuers of the auth servers that have one, by name. */
  readonly issuers: ReadonlyMap<string, string>
  /** `limits.max_token_bytes`. */
  readonly maxTokenBytes: number
  readonly revocations: RevocationList
}

/** Asks about one token; answers at once where that is known. `nowMs` is in milliseconds since the epoch. */
export type Introspect = (
  token: string,
  nowMs: number,
) => Result<IntrospectedToken> | Promise<Result<IntrospectedToken>>

/**
 * Compiles the question for some auth servers, which are asked one after the other, in this order, until one says that the token is active: an
 * opaque token does not say whose it is. Where none says so, one that could not be asked makes it our outage, not the caller's 401.
 */
export function compileIntrospect(
  names: readonly string[],
  { servers, maxTokenBytes, revocations }: Introspectors,
): Introspect {
  const asked = [...new Set(names)].flatMap(name => servers.get(name) ?? [])
  /** A deny list of ours counts beside what the auth server says, and at once. */
  const judge = (answer: Result<IntrospectedToken>): Result<IntrospectedToken> => {
    if (!answer.ok) return answer
    const { issuer, claims, authServer } = answer.value
    return judgeRevocation(revocations, issuer, claims, authServer) ?? answer
  }
  return (token, nowMs) => {
    if (token.length > maxTokenBytes) return deny('token.too_large', { bytes: token.length, limit: maxTokenBytes })
    const digest = digestOf(token)
    const unknown: Introspector[] = []
    let refused: Result<IntrospectedToken> | undefined
    for (const introspector of asked) {
      const known = introspector.known(digest, nowMs)
      if (known?.ok) return judge(known)
      if (known === undefined) unknown.push(introspector)
      else refused = moreTelling(refused, known)
    }
    return unknown.length === 0 ? (refused ?? NOBODY) : askInTurn(unknown, token, digest, refused).then(judge)
  }
}

async function askInTurn(
  unknown: readonly Introspector[],
  token: string,
  digest: string,
  known: Result<IntrospectedToken> | undefined,
): Promise<Result<IntrospectedToken>> {
  let refused = known
  for (const introspector of unknown) {
    const answer = await introspector.ask(token, digest)
    if (answer.ok) return answer
    refused = moreTelling(refused, answer)
  }
  return refused ?? NOBODY
}

/** Of two refusals: that nobody knows, else that the token is somebody's but not good, else that it is nobody's. */
function moreTelling(
  a: Result<IntrospectedToken> | undefined,
  b: Result<IntrospectedToken>,
): Result<IntrospectedToken> {
  return a === undefined || rankOf(b) > rankOf(a) ? b : a
}

function rankOf(refusal: Result<IntrospectedToken>): number {
  if (refusal.ok || refusal.error.code === 'token.inactive') return 0
  return refusal.error.code === 'introspection.unavailable' ? 2 : 1
}

const NOBODY = Object.freeze(deny('introspection.unavailable', { reason: 'no auth server to ask' }))
