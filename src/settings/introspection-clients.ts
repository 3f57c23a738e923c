import type { Finding } from '../diagnostics/problem.ts'
import { checkChoiceOfKey } from './auth-servers.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import { isMisspelled } from './misspelled.ts'
import { identificationAt } from './policy-entries.ts'

/** Judges each `remoteIntrospectionConfig`: that we can say who we are, and believe who answers; and that `oauth2` rules have somebody to ask. */
export function checkIntrospection(inspection: Inspection): readonly Finding[] {
  const servers = [...inspection.authServers.values()].filter(
    server => server.at('remoteIntrospectionConfig').isPresent,
  )
  return [
    ...servers.flatMap(server => [...checkClient(server, inspection), ...checkSignedAnswers(server)]),
    ...(servers.length > 0 ? [] : checkRules(inspection)),
  ]
}

function checkClient(server: Cursor, inspection: Inspection): readonly Finding[] {
  const remote = server.at('remoteIntrospectionConfig')
  const means = remote.at('client_authentication')
  const kind = means.text ?? 'basic'
  const unused = kind === 'private_key_jwt' ? [] : checkUnusedKey(remote)
  if (!remote.at('clientId').isPresent) return [...unused, ...checkNobody(server, remote, kind)]
  if (kind === 'private_key_jwt') return checkKey(remote, inspection)
  if (kind === 'tls') {
    return [...unused, ...(remote.at('tls', 'keyStoreAlias').isPresent ? [] : [missing(means, 'tls.keyStoreAlias')])]
  }
  if (remote.at('clientSecret').isPresent || isMisspelled(remote, ['clientSecret'])) return unused
  return [...unused, missing(remote.at('clientId'), 'clientSecret')]
}

/** RFC 7662 section 2.1: whoever may ask must say who he is, else anybody could try tokens there. */
function checkNobody(server: Cursor, remote: Cursor, kind: string): readonly Finding[] {
  if (isMisspelled(remote, ['clientId'])) return []
  const secret = remote.at('clientSecret')
  if (secret.isPresent) return [missing(secret, 'clientId')]
  if (kind !== 'basic') return [missing(remote.at('client_authentication'), 'clientId')]
  return [
    {
      code: 'config.insecure',
      severity: 'warning',
      message: `auth server \`${server.at('name').text ?? ''}\` is asked without saying who asks: an endpoint that answers that answers anybody`,
      pointer: remote.at('introspectionEndpoint').pointer,
      help: 'add `clientId` and `clientSecret`',
    },
  ]
}

function checkKey(remote: Cursor, inspection: Inspection): readonly Finding[] {
  const alias = remote.at('keyStoreAlias')
  if (!alias.isPresent) {
    return isMisspelled(remote, ['keyStoreAlias']) ? [] : [missing(remote.at('client_authentication'), 'keyStoreAlias')]
  }
  const store = inspection.keystores.get(alias.text ?? '')
  if (store === undefined) return []
  if (store.at('type').text !== 'generated') return checkChoiceOfKey(remote, store)
  return [
    {
      code: 'config.conflict',
      severity: 'error',
      message: 'a generated keystore signs tokens of ours, not assertions',
      pointer: alias.pointer,
      help: 'name another keystore',
    },
  ]
}

function checkUnusedKey(remote: Cursor): readonly Finding[] {
  const alias = remote.at('keyStoreAlias')
  if (!alias.isPresent) return []
  return [
    {
      code: 'config.conflict',
      severity: 'warning',
      message:
        '`keyStoreAlias` has no effect: assertions are signed with `client_authentication: private_key_jwt` only',
      pointer: alias.pointer,
      atKey: true,
      help: 'take it out; a client certificate is named in `tls`',
    },
  ]
}

/** A signed answer is believed by issuer and by audience (RFC 9701 section 5). */
function checkSignedAnswers(server: Cursor): readonly Finding[] {
  const remote = server.at('remoteIntrospectionConfig')
  const signed = remote.at('signed_answers')
  if (signed.text !== 'required') return []
  const lacks = !server.at('localIntrospectionConfig', 'issuer').isPresent
    ? 'localIntrospectionConfig.issuer'
    : remote.at('clientId').isPresent
      ? undefined
      : 'clientId'
  return lacks === undefined ? [] : [missing(signed, lacks)]
}

function checkRules({ apis }: Inspection): readonly Finding[] {
  return apis
    .flatMap(api => [api, ...api.at('routes').items()])
    .flatMap(owner => identificationAt(owner)?.rules ?? [])
    .filter(({ kind, body }) => kind === 'oauth2' && !body.at('auth_servers').isPresent)
    .map(({ body }) => ({
      code: 'config.reference' as const,
      severity: 'error' as const,
      message: 'no auth server can be asked about a token: none has an introspection endpoint',
      pointer: body.pointer,
      atKey: true as const,
      help: 'add `remoteIntrospectionConfig` to an auth server, or take the rule out',
    }))
}

function missing(beside: Cursor, key: string): Finding {
  return {
    code: 'config.required',
    severity: 'error',
    message: `\`${key}\` is missing`,
    pointer: beside.pointer,
    atKey: true,
    label: `needs \`${key}\``,
  }
}
