import type { TokenServer, TokenVerifier, VerificationRules } from '../tokens/verify.ts'

/** The token verifiers of one snapshot: one for each set of auth servers that some route trusts, so that routes share verdicts. */
export interface TokenVerifiers {
  /** Returns the verifier that trusts exactly these auth servers. A name without an issuer (introspection only) trusts nothing. */
  trusting(authServers: readonly string[]): TokenVerifier
}

export interface TokenVerifiersParts extends Omit<VerificationRules, 'servers'> {
  /** Auth servers that have an issuer, by name. */
  readonly servers: ReadonlyMap<string, TokenServer>
  readonly createVerifier: (rules: VerificationRules) => TokenVerifier
}

/** Creates the verifiers on demand, each once. */
export function createTokenVerifiers({ servers, createVerifier, ...rules }: TokenVerifiersParts): TokenVerifiers {
  const verifiers = new Map<string, TokenVerifier>()
  return {
    trusting(authServers) {
      const names = [...new Set(authServers)].sort()
      const key = JSON.stringify(names)
      let verifier = verifiers.get(key)
      if (verifier === undefined) {
        const trusted = names.flatMap(name => servers.get(name) ?? [])
        verifier = createVerifier({ ...rules, servers: trusted })
        verifiers.set(key, verifier)
      }
      return verifier
    },
  }
}
