import type { Finding } from '../diagnostics/problem.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import { identificationAt, type RuleEntry } from './policy-entries.ts'

/** Judges what is asked of callers who prove to hold a key: proofs that nobody looks at, proofs for any host, certificates that nobody asks for. */
export function checkPossession({ apis, root }: Inspection): readonly Finding[] {
  const accessUrl = root.at('api_endpoint', 'access_url')
  const asksForCertificates = root.at('tls', 'client_certificates').text ?? 'none'
  return apis.flatMap(api => {
    const rules = [api, ...api.at('routes').items()].flatMap(owner => identificationAt(owner)?.rules ?? [])
    const hasName = accessUrl.isPresent || api.at('hosts').items().length > 0
    return rules.flatMap(rule => [
      ...checkProofs(rule, hasName),
      ...(asksForCertificates === 'none' ? checkCertificates(rule, root.at('tls')) : []),
    ])
  })
}

function checkProofs({ kind, body }: RuleEntry, hasName: boolean): readonly Finding[] {
  const dpop = body.at('dpop')
  if (kind !== 'jwt') return []
  if (dpop.text === 'off') {
    return [
      {
        code: 'config.insecure',
        severity: 'warning',
        message: 'tokens that are bound to a key (`cnf.jkt`) are taken from whoever has them',
        pointer: dpop.pointer,
        help: 'write `dpop: if_bound`, the default, unless somebody before this gateway checks the proofs',
      },
    ]
  }
  if (dpop.text !== 'required' || hasName) return []
  return [
    {
      code: 'config.insecure',
      severity: 'warning',
      message: 'DPoP proofs are compared with the host that the caller names: neither `access_url` nor `hosts` is set',
      pointer: dpop.pointer,
      help: 'set `api_endpoint.access_url`, or `hosts` of the API, so that proofs for other services do not pass here',
    },
  ]
}

function checkCertificates({ kind, body }: RuleEntry, tls: Cursor): readonly Finding[] {
  if (kind !== 'client_certificate') return []
  return [
    {
      code: 'config.unusable',
      severity: 'warning',
      message: 'no listener asks for client certificates: this rule lets nobody through',
      pointer: body.pointer,
      atKey: true,
      ...(tls.isPresent
        ? { related: [{ pointer: tls.pointer, label: 'has no `client_certificates`', atKey: true }] }
        : {}),
      help: 'set `tls.client_certificates` to `optional` or `required`, with `trustStoreAlias`',
    },
  ]
}
