import type { Finding } from '../diagnostics/problem.ts'
import { checkClearText } from './clear-text.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import { MOST_CLAIMS } from './revocation-settings.ts'

/** Judges what is revoked: whose tokens, by how many claims, and that the list to be fetched cannot be forged on its way. */
export function checkRevocations(inspection: Inspection): readonly Finding[] {
  const security = inspection.root.at('security_settings')
  const entries = security.at('revocations').items()
  return [
    ...entries.flatMap(entry => checkIssuer(entry.at('auth_server'), inspection)),
    ...checkClaims(entries),
    ...checkClearText(security.at('revocation_list'), 'url'),
  ]
}

/** Entries count by issuer. An auth server that is not defined is told elsewhere. */
function checkIssuer(name: Cursor, { authServers }: Inspection): readonly Finding[] {
  const server = authServers.get(name.text ?? '')
  if (server === undefined || server.at('localIntrospectionConfig', 'issuer').isPresent) return []
  return [
    {
      code: 'config.reference',
      severity: 'error',
      message: `a revocation names auth server \`${name.text ?? ''}\`, which has no issuer`,
      pointer: name.pointer,
      label: 'needs an issuer',
      related: [{ pointer: server.at('name').pointer, label: 'defined here' }],
      help: 'add `localIntrospectionConfig: { issuer: … }` to the auth server',
    },
  ]
}

function checkClaims(entries: readonly Cursor[]): readonly Finding[] {
  const claims = new Set<string>()
  for (const entry of entries) {
    const claim = entry.at('claim')
    if (claim.text !== undefined) claims.add(claim.text)
    if (claims.size <= MOST_CLAIMS) continue
    return [
      {
        code: 'config.value',
        severity: 'error',
        message: `\`revocations\` names more than ${MOST_CLAIMS} different claims`,
        pointer: claim.pointer,
        label: 'one too many',
        help: 'every token is looked at for each of them: revoke by a claim that tokens share, such as `sub`',
      },
    ]
  }
  return []
}
