import type { Application } from '../applications/application.ts'
import type { AcceptedToken } from '../tokens/accepted-token.ts'
import { judgeAudience } from '../tokens/audience.ts'
import type { PolicyParts } from './policy-parts.ts'

/** What the audience of a token comes to, before a request's path is known. */
export type AudienceVerdict =
  | 'accepted'
  /** No value is right in itself, but one may name the path of the request. */
  | 'by path'
  | 'rejected'
  | 'missing'

/** The audience check of one rule (product.md 4, step 6), in two halves: what holds for a token, and what holds for a path. */
export interface AudienceCheck {
  judge(token: AcceptedToken, application: Application | undefined): AudienceVerdict
  /** Tells whether an audience of the token names this canonical path. */
  namesPath(token: AcceptedToken, path: string): boolean
}

/** No path of a request is empty: with it, only values that are right in themselves count. */
const NO_PATH = ''

/** Creates the check of one rule. */
export function createAudienceCheck(
  mode: 'if_present' | 'required' | 'off',
  { api, accessUrl, audiences }: Pick<PolicyParts, 'api' | 'accessUrl' | 'audiences'>,
): AudienceCheck {
  const request = { basePath: api.basePath, roots: toRoots(accessUrl, api.hosts) }
  const nameless = { server: [], strategy: undefined, applicationId: undefined }
  return {
    judge(token, application) {
      if (mode === 'off') return 'accepted'
      if (token.audience === undefined) return mode === 'required' ? 'missing' : 'accepted'
      const names = {
        server: audiences.get(token.authServer) ?? [],
        strategy: token.strategyAudience,
        applicationId: application?.id,
      }
      if (judgeAudience(token.audience, { ...names, ...request, path: NO_PATH })) return 'accepted'
      return token.audience.some(value => value.includes('/')) ? 'by path' : 'rejected'
    },
    namesPath: (token, path) => judgeAudience(token.audience ?? [], { ...nameless, ...request, path }),
  }
}

/** What absolute URIs of this API begin with; a `*.suffix` names no host that a URI could begin with. */
function toRoots(accessUrl: string | undefined, hosts: readonly string[]): readonly string[] {
  const exact = hosts.filter(host => !host.startsWith('*'))
  const ofHosts = exact.flatMap(host => [`https://${host}`, `http://${host}`])
  return accessUrl === undefined ? ofHosts : [accessUrl, ...ofHosts]
}
