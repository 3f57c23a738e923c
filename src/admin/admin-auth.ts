import { parseAuthorization } from '../credentials/authorization.ts'
import { isSameSecret } from '../credentials/same-secret.ts'
import type { Judgement, SlowedJudge } from '../credentials/slowed-judge.ts'
import { type Denial, deny } from '../errors/denial.ts'
import { type Decision, type Policy, PROCEED } from '../policies/policy.ts'
import type { AdminApiSettings } from '../settings/model.ts'

const BUSY: Denial = Object.freeze({ code: 'gateway.overloaded', facts: Object.freeze({ reason: 'password checks' }) })

/** Who may read the admin pages. */
export interface AdminAuth {
  readonly policy: Policy
  /** Schemes for the challenge of a 401. */
  readonly schemes: readonly ('Basic' | 'Bearer')[]
}

/**
 * Creates the policy of the admin pages: HTTP Basic with the `admin_api` credentials if there are some, else the token kept under
 * `state_dir`, as a bearer token or as the password of any Basic user (for tools that know Basic only). Without either, nobody
 * gets in. Comparison takes the same time whatever was presented; who fails again and again is slowed by address.
 */
export function createAdminAuth(
  credentials: AdminApiSettings['credentials'],
  token: string | undefined,
  judge: SlowedJudge,
): AdminAuth {
  const isAllowed =
    credentials === undefined
      ? (_user: string, secret: string) => token !== undefined && isSameSecret(secret, token)
      : (user: string, secret: string) => {
          const sameUser = isSameSecret(user, credentials.user)
          const samePassword = isSameSecret(secret, credentials.password.reveal())
          return sameUser && samePassword
        }
  const decide = (
    address: string,
    scheme: 'Basic' | 'Bearer',
    user: string,
    secret: string,
  ): Decision | Promise<Decision> => {
    const presented = `${user.length}:${user}:${secret}`
    const judged = judge.judge(address, presented, () => isAllowed(user, secret))
    return judged instanceof Promise ? judged.then(late => toDecision(late, scheme)) : toDecision(judged, scheme)
  }
  const policy: Policy = {
    name: 'admin_authentication',
    stage: 'identifyAndAccess',
    evaluate({ head }): Decision | Promise<Decision> {
      const presented = parseAuthorization(head.fields)
      if (!presented.ok) return refuse(presented.error)
      const { basic, bearer } = presented.value
      if (basic !== undefined) return decide(head.clientAddress, 'Basic', basic.user, basic.password)
      if (bearer !== undefined && credentials === undefined) return decide(head.clientAddress, 'Bearer', '', bearer)
      return refuse({ code: 'credentials.missing' })
    },
  }
  return { policy, schemes: credentials === undefined ? ['Bearer', 'Basic'] : ['Basic'] }
}

function toDecision(judgement: Judgement, scheme: 'Basic' | 'Bearer'): Decision {
  if (judgement === 'right') return PROCEED
  return refuse(judgement === 'wrong' ? invalid(scheme) : BUSY)
}

function invalid(scheme: 'Basic' | 'Bearer'): Denial {
  return deny('credentials.invalid', undefined, { scheme }).error
}

function refuse(denial: Denial): Decision {
  return { kind: 'deny', denial }
}
