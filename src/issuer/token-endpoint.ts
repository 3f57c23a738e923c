import { parseAuthorization } from '../credentials/authorization.ts'
import { type Denial, deny, ok, type Result } from '../errors/denial.ts'
import type { Exchange, Outcome, Target } from '../exchange/exchange.ts'
import type { ApplicationSettings } from '../settings/model.ts'
import type { Issuer } from './issuer.ts'

/** Where a user gets a token for itself (product.md section 5). */
export const USER_TOKEN_PATH = '/rest/pub/apigateway/jwt/getJsonWebToken'

/** Checks a user's password; a refusal is `credentials.invalid`, or `gateway.overloaded` where too many checks run. */
export type CheckPassword = (
  user: string,
  password: string,
  address: string,
) => Result<unknown> | Promise<Result<unknown>>

export interface UserTokenParts {
  /** Undefined: no auth server of ours issues, and the answer is 501. */
  readonly issuer: Issuer | undefined
  readonly applications: readonly ApplicationSettings[]
  readonly checkPassword: CheckPassword
  /** `extended_settings.pg_JWT_isHTTPS`. */
  readonly requireHttps: boolean
}

/** No application id of ours is longer; what is longer need not be looked up. */
const MAX_QUERY_LENGTH = 2048
const NO_STORE = ['content-type', 'application/json', 'cache-control', 'no-store', 'pragma', 'no-cache']
const ABANDONED: Outcome = Object.freeze({ kind: 'abandoned' })
const REPLIED: Outcome = Object.freeze({ kind: 'replied', status: 200 })

/**
 * Creates the target of `GET …/getJsonWebToken[?app_id=…]`: HTTP Basic in, `{"jwt": "…"}` out. The scheme is judged before the
 * password is looked at, the password before anything is said about an application.
 */
export function createUserTokenTarget(parts: UserTokenParts): Target {
  const applications = new Map(parts.applications.map(application => [application.id, application]))
  return {
    async handle(exchange, reply) {
      let left = false
      reply.onAbandoned(() => {
        left = true
      })
      const issued = await issue(exchange, parts, applications)
      if (left) return ABANDONED
      if (!issued.ok) return { kind: 'denied', denial: issued.error }
      reply.send(200, NO_STORE, JSON.stringify({ jwt: issued.value }))
      return REPLIED
    },
  }
}

async function issue(
  exchange: Exchange,
  parts: UserTokenParts,
  applications: ReadonlyMap<string, ApplicationSettings>,
): Promise<Result<string>> {
  const { head } = exchange
  if (parts.requireHttps && head.scheme !== 'https') return deny('request.https_required')
  if (parts.issuer === undefined) {
    return deny('issuer.not_configured', undefined, { detail: 'No auth server of this gateway issues tokens.' })
  }
  const applicationId = readApplicationId(head.query)
  if (!applicationId.ok) return applicationId

  const presented = parseAuthorization(head.fields)
  if (!presented.ok) return presented
  const { basic } = presented.value
  if (basic === undefined) return deny('credentials.missing')
  const checked = await parts.checkPassword(basic.user, basic.password, head.clientAddress)
  if (!checked.ok) return checked

  const refusal =
    applicationId.value === undefined ? undefined : judgeListing(basic.user, applicationId.value, applications)
  if (refusal !== undefined) return { ok: false, error: refusal }
  const { jwt } = await parts.issuer.issueForUser(basic.user, applicationId.value)
  return ok(jwt)
}

/** Reads `app_id` from the raw query; other parameters are ignored, a doubtful query is refused rather than guessed at. */
function readApplicationId(query: string): Result<string | undefined> {
  if (query === '' || query === '?') return ok(undefined)
  if (query.length > MAX_QUERY_LENGTH) return invalid('The query is too long.')
  if (/%(?![0-9A-Fa-f]{2})/.test(query)) return invalid('The query has a broken escape.')
  const values = new URLSearchParams(query).getAll('app_id')
  if (values.length > 1) return invalid('The query names app_id more than once.')
  const [value] = values
  if (value === '' || value?.includes('\ufffd') === true) return invalid('The value of app_id is not acceptable.')
  return ok(value)
}

/** An application that does not exist answers like one that does not list the user: there is nothing to find out here. */
function judgeListing(
  user: string,
  applicationId: string,
  applications: ReadonlyMap<string, ApplicationSettings>,
): Denial | undefined {
  const application = applications.get(applicationId)
  if (application?.identifiers.users.includes(user) !== true) return { code: 'issuer.user_not_listed', facts: { user } }
  if (application.suspended) return { code: 'application.suspended', facts: { application: application.id } }
  return undefined
}

function invalid(detail: string): Result<never> {
  return deny('issuer.request_invalid', undefined, { detail })
}
