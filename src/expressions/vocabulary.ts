/** What an expression may name. `docs/CONFIGURATION.md` lists the same; a name that is not here is an error that `check` points at. */

/** The variables, and the members of those whose members are ours to define. Claims are the issuer's: any name may stand there. */
export const VARIABLES: ReadonlyMap<string, ReadonlySet<string> | undefined> = new Map([
  ['claims', undefined],
  ['token', new Set(['issuer', 'auth_server', 'audience', 'scopes', 'key_id', 'type'])],
  ['request', new Set(['method', 'path', 'scheme', 'host', 'client_address', 'parameters', 'api', 'version', 'route'])],
  ['application', new Set(['id', 'name', 'owner', 'tier', 'apis'])],
])

/** The token that was verified or introspected, or null where there is none. A member that a token lacks is missing: `has(token.key_id)`. */
export interface TokenView {
  readonly issuer?: string
  readonly auth_server: string
  readonly audience: readonly string[]
  /** `scope` and `scp` together. */
  readonly scopes: readonly string[]
  readonly key_id?: string
  readonly type?: string
}

/** The request in its canonical form; nothing of it comes from a field that only the caller vouches for. */
export interface RequestView {
  readonly method: string
  /** The canonical path, with the base path. */
  readonly path: string
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly client_address: string
  /** Values of the route's `{name}` segments. */
  readonly parameters: Readonly<Record<string, string>>
  readonly api: string
  readonly version?: string
  /** The route's template, with the base path. */
  readonly route: string
}

/** The calling application, or null where none was identified. */
export interface ApplicationView {
  readonly id: string
  readonly name: string
  readonly owner?: string
  readonly tier?: string
  readonly apis: readonly string[]
}

/** The values of the variables for one evaluation. Without a token, `claims` is empty and every claim is missing. */
export interface ExpressionVariables {
  readonly claims: Readonly<Record<string, unknown>>
  readonly token: TokenView | null
  readonly request: RequestView
  readonly application: ApplicationView | null
}
