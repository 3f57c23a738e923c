import { nearest } from '../diagnostics/did-you-mean.ts'
import type { Finding } from '../diagnostics/problem.ts'
import type { Cursor } from './cursor.ts'
import { byName, type Inspection } from './inspection.ts'
import { parseRouteMatch } from './path-template.ts'
import { authServersOf, identificationAt, policiesOf } from './policy-entries.ts'

/** Something that can be named: what it is called, where it is defined, and everyone who is. */
interface Kind {
  readonly noun: string
  readonly home: string
  readonly defined: ReadonlyMap<string, Cursor>
}

interface Mention {
  readonly text: string
  readonly pointer: string
}

/** Finds names that nobody carries: each with the near candidate as a second place. */
export function checkReferences(inspection: Inspection): readonly Finding[] {
  const kinds = kindsOf(inspection)
  return [
    ...checkStores(inspection, kinds),
    ...inspection.applications.flatMap(application => checkApplication(application, kinds)),
    ...inspection.apis.flatMap(api => checkApi(api, kinds)),
    ...inspection.root
      .at('scope_mappings')
      .items()
      .flatMap(mapping => checkScopeMapping(mapping, inspection, kinds)),
    ...checkRevocations(inspection.root, kinds),
    ...checkOthers(inspection.root, kinds),
  ]
}

interface Kinds {
  readonly authServer: Kind
  readonly keystore: Kind
  readonly truststore: Kind
  readonly user: Kind
  readonly api: Kind
}

function kindsOf(inspection: Inspection): Kinds {
  const apis = new Map(
    [...inspection.apisByName].flatMap(([name, [first]]) => (first === undefined ? [] : [[name, first]])),
  )
  return {
    authServer: { noun: 'auth server', home: 'security_settings.auth_servers', defined: inspection.authServers },
    keystore: { noun: 'keystore', home: 'security_settings.keystores', defined: inspection.keystores },
    truststore: { noun: 'truststore', home: 'security_settings.truststores', defined: inspection.truststores },
    user: { noun: 'user', home: 'users', defined: inspection.users },
    api: { noun: 'API', home: 'apis', defined: apis },
  }
}

function checkStores(inspection: Inspection, kinds: Kinds): readonly Finding[] {
  const findings: Finding[] = []
  for (const [name, server] of inspection.authServers) {
    const who = `auth server \`${name}\``
    const local = server.at('localIntrospectionConfig')
    const generator = server.at('tokenGeneratorConfig')
    const outgoing = [local.at('tls'), server.at('remoteIntrospectionConfig', 'tls')]
    findings.push(
      ...outgoing.flatMap(block => checkOutgoing(who, block, kinds)),
      ...checkStore(who, local, ['trustStoreAlias', 'certificateAlias'], kinds.truststore),
      ...checkStore(who, generator, ['keyStoreAlias', 'keyAlias'], kinds.keystore),
      ...checkStore(who, server.at('remoteIntrospectionConfig'), ['keyStoreAlias', 'keyAlias'], kinds.keystore),
    )
  }
  const tls = inspection.root.at('tls')
  findings.push(...checkStore('`tls`', tls, ['trustStoreAlias', undefined], kinds.truststore))
  for (const certificate of tls.at('certificates').items()) {
    findings.push(...checkStore('`tls`', certificate, ['keyStoreAlias', 'keyAlias'], kinds.keystore))
  }
  for (const api of inspection.apis) {
    const who = `API \`${api.at('name').text ?? ''}\``
    findings.push(...checkOutgoing(who, api.at('upstream', 'tls'), kinds))
  }
  return findings
}

function checkOutgoing(who: string, block: Cursor, kinds: Kinds): readonly Finding[] {
  return [
    ...checkStore(who, block, ['trustStoreAlias', undefined], kinds.truststore),
    ...checkStore(who, block, ['keyStoreAlias', 'keyAlias'], kinds.keystore),
  ]
}

/** Checks a store's name, and the alias of an entry in it. */
function checkStore(
  who: string,
  block: Cursor,
  [storeKey, entryKey]: readonly [string, string | undefined],
  kind: Kind,
): readonly Finding[] {
  const store = block.at(storeKey)
  const name = store.text
  if (name === undefined) return []
  const missing = checkName(who, { text: name, pointer: store.pointer }, kind)
  const entry = entryKey === undefined ? undefined : block.at(entryKey)
  const alias = entry?.text
  const found = kind.defined.get(name)
  if (missing !== undefined || entry === undefined || alias === undefined || found === undefined) return missing ?? []
  const entries = aliasesOf(found)
  // The aliases of other stores stand in their files.
  if (entries === undefined) return []
  const inStore = { noun: 'entry', home: `${kind.noun} \`${name}\``, defined: entries }
  return checkName(who, { text: alias, pointer: entry.pointer }, inStore) ?? []
}

/** Indexes the entries of a store by alias; undefined where they are not in the document. */
export function aliasesOf(store: Cursor): ReadonlyMap<string, Cursor> | undefined {
  const type = store.at('type').text
  if (type === 'pem') return byName(store.at('entries'), 'alias')
  if (type !== 'generated') return undefined
  return new Map([[store.at('alias').text ?? '', store]])
}

function checkApplication(application: Cursor, kinds: Kinds): readonly Finding[] {
  const who = `application \`${application.at('name').text ?? ''}\``
  const strategies = application.at('strategies').items()
  return [
    ...checkNames(who, application.at('apis').texts(), kinds.api),
    ...checkNames(who, application.at('auth_servers').texts(), kinds.authServer),
    ...checkNames(who, application.at('identifiers', 'users').texts(), kinds.user),
    ...strategies.flatMap(strategy => checkNames(who, strategy.at('authServerAlias').texts(), kinds.authServer)),
  ]
}

function checkApi(api: Cursor, kinds: Kinds): readonly Finding[] {
  const who = `API \`${api.at('name').text ?? ''}\``
  const findings: Finding[] = []
  for (const owner of [api, ...api.at('routes').items()]) {
    for (const rule of identificationAt(owner)?.rules ?? []) {
      if (rule.kind !== 'jwt' && rule.kind !== 'oauth2') continue
      const section = rule.kind === 'jwt' ? 'localIntrospectionConfig' : 'remoteIntrospectionConfig'
      for (const mention of authServersOf(rule)) {
        findings.push(...(checkName(who, mention, kinds.authServer) ?? checkAbility(who, mention, kinds, section)))
      }
    }
    for (const { kind, body } of policiesOf(owner)) {
      if (kind === 'backend_jwt') findings.push(...checkStore(who, body, ['keyStoreAlias', 'keyAlias'], kinds.keystore))
    }
  }
  return findings
}

/** An auth server that only introspects verifies no JWT, and one that only verifies introspects nothing. */
function checkAbility(who: string, mention: Mention, kinds: Kinds, section: string): readonly Finding[] {
  const server = kinds.authServer.defined.get(mention.text)
  if (server === undefined) return []
  const needed = section === 'localIntrospectionConfig' ? server.at(section, 'issuer') : server.at(section)
  if (needed.isPresent) return []
  const other = section === 'localIntrospectionConfig' ? server.at('remoteIntrospectionConfig') : server
  // Without any of the two the auth server itself is reported.
  if (!other.isPresent) return []
  const lacks = section === 'localIntrospectionConfig' ? 'an issuer' : 'an introspection endpoint'
  return [
    {
      code: 'config.reference',
      severity: 'error',
      message: `${who} names auth server \`${mention.text}\`, which has no ${lacks.replace(/^an /, '')}`,
      pointer: mention.pointer,
      label: `needs ${lacks}`,
      related: [{ pointer: server.at('name').pointer, label: 'defined here' }],
      help: section === 'localIntrospectionConfig' ? 'an `oauth2` rule takes it' : 'a `jwt` rule takes it',
    },
  ]
}

function checkScopeMapping(mapping: Cursor, inspection: Inspection, kinds: Kinds): readonly Finding[] {
  const who = `scope mapping \`${mapping.at('scope').text ?? ''}\``
  const names = mapping.at('apis').texts()
  const apis = names.flatMap(({ text }) => inspection.apisByName.get(text) ?? [])
  const routes = new Map(apis.flatMap(api => routesOf(api)))
  const missing = apis.length === 0 ? [] : mapping.at('routes').texts()
  return [
    ...checkNames(who, names, kinds.api),
    ...missing.flatMap(mention => {
      const match = parseRouteMatch(mention.text)
      const wanted = match.ok ? `${match.value.method} ${match.value.path}` : undefined
      if (wanted === undefined || routes.has(wanted)) return []
      const kind = { noun: 'route', home: names.map(({ text }) => `API \`${text}\``).join(', '), defined: routes }
      return checkName(who, { text: wanted, pointer: mention.pointer }, kind) ?? []
    }),
  ]
}

/** Lists the routes of an API in canonical writing. */
function routesOf(api: Cursor): readonly (readonly [string, Cursor])[] {
  const routes = api.at('routes').items()
  return routes.flatMap(route => {
    const match = parseRouteMatch(route.at('match').text ?? '')
    return match.ok ? [[`${match.value.method} ${match.value.path}`, route.at('match')] as const] : []
  })
}

function checkRevocations(root: Cursor, kinds: Kinds): readonly Finding[] {
  const entries = root.at('security_settings', 'revocations').items()
  return entries.flatMap(entry => checkNames('a revocation', entry.at('auth_server').texts(), kinds.authServer))
}

function checkOthers(root: Cursor, kinds: Kinds): readonly Finding[] {
  const issuer = root.at('oauth', 'auth_server')
  const tests = root.at('tests').items()
  return [
    ...checkNames('`oauth`', issuer.texts(), kinds.authServer),
    ...tests.flatMap(test => {
      const who = `test \`${test.at('name').text ?? ''}\``
      return checkNames(who, test.at('given', 'token', 'from').texts(), kinds.authServer)
    }),
  ]
}

function checkNames(who: string, mentions: readonly Mention[], kind: Kind): readonly Finding[] {
  return mentions.flatMap(mention => checkName(who, mention, kind) ?? [])
}

/** Returns undefined where the name is defined. */
function checkName(who: string, { text, pointer }: Mention, kind: Kind): readonly Finding[] | undefined {
  if (kind.defined.has(text)) return undefined
  const near = nearest(text, kind.defined.keys())
  const home = near === undefined ? undefined : kind.defined.get(near)
  const article = /^(?!user)[aeiouA]/.test(kind.noun) ? 'an' : 'a'
  const define = `define \`${text}\` ${kind.home.includes(' ') ? 'in' : 'under'} ${kind.home}`
  return [
    {
      code: 'config.reference',
      severity: 'error',
      message: `${who} names ${article} ${kind.noun} that is not defined`,
      pointer,
      label: `no ${kind.noun} \`${text}\``,
      ...(home === undefined ? {} : { related: [{ pointer: placeOfName(home), label: 'this one looks close' }] }),
      help: near === undefined ? define : `write \`${near}\`, or ${define}`,
    },
  ]
}

/** The place that shows a definition's name. */
function placeOfName(definition: Cursor): string {
  const key = ['name', 'alias'].find(name => definition.at(name).isPresent)
  return key === undefined ? definition.pointer : definition.at(key).pointer
}
