import { parseAuthorization } from '../credentials/authorization.ts'
import { isSameSecret } from '../credentials/same-secret.ts'
import { type Denial, deny } from '../errors/denial.ts'
import { type Decision, type Policy, PROCEED } from '../policies/policy.ts'
import type { AdminApiSettings } from '../settings/model.ts'

/** Who may read the admin pages. */
export interface AdminAuth {
  readonly policy: Policy
  /** Schemes for the challenge of a 401. */
  readonly schemes: readonly ('Basic' | 'Bearer')[]
}

/**
 * Creates the policy of the admin pages: HTTP Basic with the `admin_api` credentials if there are some, else the token kept under
 * `state_dir`, as a bearer token or as the password of any Basic user (for tools that know Basic only). Without either, nobody
 * gets in. Comparison takes the same time whatever was presented.
 */
export function createAdminAuth(credentials: AdminApiSettings['credentials'], token: string | undefined): AdminAuth {
  const isAllowed =
    credentials === undefined
      ? (_user: string, secret: string) => token !== undefined && isSameSecret(secret, token)
      : (user: string, secret: string) => {
          const sameUser = isSameSecret(user, credentials.user)
          const samePassword = isSameSecret(secret, credentials.password.reveal())
          return sameUser && samePassword
        }
  const policy: Policy = {
    name: 'admin_authentication',
    stage: 'identifyAndAccess',
    evaluate(exchange): Decision {
      const presented = parseAuthorization(exchange.head.fields)
      if (!presented.ok) return refuse(presented.error)
      const { basic, bearer } = presented.value
      if (basic !== undefined) return isAllowed(basic.user, basic.password) ? PROCEED : refuse(invalid('Basic'))
      if (bearer !== undefined && credentials === undefined) {
        return isAllowed('', bearer) ? PROCEED : refuse(invalid('Bearer'))
      }
      return refuse({ code: 'credentials.missing' })
    },
  }
  return { policy, schemes: credentials === undefined ? ['Bearer', 'Basic'] : ['Basic'] }
}

function invalid(scheme: 'Basic' | 'Bearer'): Denial {
  return deny('credentials.invalid', undefined, { scheme }).error
}

function refuse(denial: Denial): Decision {
  return { kind: 'deny', denial }
}
