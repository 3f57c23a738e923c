import type { ApplicationRegistry } from '../applications/registry.ts'
import type { PasswordChecker } from '../credentials/password.ts'
import type { ExpressionCompiler } from '../expressions/expression.ts'
import type { ApiSettings } from '../settings/model.ts'
import type { Introspectors } from './introspectors.ts'
import type { ProofMemory } from './proof-of-possession.ts'
import type { TokenVerifiers } from './token-verifiers.ts'

/** What policies are made of, beside their own settings. All of it belongs to one snapshot, `api` to one API. */
export interface PolicyParts {
  readonly api: Pick<ApiSettings, 'name' | 'basePath' | 'hosts'>
  /** `api_endpoint.access_url`. */
  readonly accessUrl: string | undefined
  readonly registry: ApplicationRegistry
  readonly verifiers: TokenVerifiers
  readonly introspectors: Introspectors
  /** Audiences that stand for this gateway in tokens of an auth server, by its name: the introspection's and the token generator's. */
  readonly audiences: ReadonlyMap<string, readonly string[]>
  /** DPoP proofs that were shown, and the nonces of those to come. */
  readonly proofs: ProofMemory
  readonly passwordChecker: PasswordChecker
  readonly expressions: ExpressionCompiler
}
