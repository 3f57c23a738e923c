import type { PasswordChecker } from '../credentials/password.ts'
import type { SchemeName } from '../errors/challenge.ts'
import type { Target } from '../exchange/exchange.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { createJwksTarget, JWKS_PATHS } from '../issuer/jwks-endpoint.ts'
import { createUserTokenTarget, USER_TOKEN_PATH } from '../issuer/token-endpoint.ts'
import type { Counters } from '../metrics/counters.ts'
import type { Policy } from '../policies/policy.ts'
import type { Settings } from '../settings/model.ts'
import type { PathRoutes, Route } from './snapshot.ts'

export interface BuiltInParts {
  readonly issuers: readonly Issuer[]
  readonly passwordChecker: PasswordChecker
  readonly counters: Counters
}

/** Compiles the gateway's own paths: tokens for users, published keys (product.md section 5). They win on every host. */
export function compileBuiltIn(settings: Settings, { issuers, passwordChecker, counters }: BuiltInParts): PathRoutes {
  const userTokens = createUserTokenTarget({
    issuer: issuers[0],
    applications: settings.applications,
    checkPassword: async (user, password, address) => passwordChecker.check(user, password, address),
    requireHttps: settings.issuingRequiresHttps,
  })
  const keys = createJwksTarget(issuers.map(({ signingKey }) => signingKey.publicJwk))
  return new Map([
    [USER_TOKEN_PATH, new Map([['GET', compileFixedRoute('GET', USER_TOKEN_PATH, userTokens, counters, ['Basic'])]])],
    ...JWKS_PATHS.map((path): [string, Map<string, Route>] => [
      path,
      new Map([['GET', compileFixedRoute('GET', path, keys, counters)]]),
    ]),
  ])
}

/** Name that the gateway's own pages have in logs and metrics, in place of an API's. */
const OWN_PAGES = 'microgateway'

/** Makes a route of the gateway itself at a fixed path. */
export function compileFixedRoute(
  method: string,
  path: string,
  target: Target,
  counters: Counters,
  schemes: readonly SchemeName[] = [],
  policies: readonly Policy[] = [],
): Route {
  return {
    identity: { api: OWN_PAGES, version: undefined, basePath: '/', template: path, method },
    policies,
    target,
    schemes,
    counters: counters.route({ api: OWN_PAGES, template: path }),
  }
}
