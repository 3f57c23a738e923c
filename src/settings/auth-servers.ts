import type { Finding } from '../diagnostics/problem.ts'
import { checkClearText } from './clear-text.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import { isMisspelled } from './misspelled.ts'
import { aliasesOf } from './references.ts'

const KEY_SOURCES = ['jwksuri', 'discovery_url', 'jwks_file', 'trustStoreAlias', 'certificateAlias'] as const

/** Judges each auth server: an issuer, one source of keys, nothing fetched in the clear, a generator that can sign. */
export function checkAuthServers(inspection: Inspection): readonly Finding[] {
  const helped = new Set(
    inspection.applications.flatMap(application =>
      application
        .at('strategies')
        .items()
        .flatMap(strategy => strategy.at('authServerAlias').text ?? []),
    ),
  )
  return inspection.root
    .at('security_settings', 'auth_servers')
    .items()
    .flatMap(server => [
      ...checkIssuer(server),
      ...checkKeySource(server, helped),
      ...checkClearText(server.at('localIntrospectionConfig'), 'jwksuri'),
      ...checkClearText(server.at('localIntrospectionConfig'), 'discovery_url'),
      ...checkClearText(server.at('remoteIntrospectionConfig'), 'introspectionEndpoint'),
      ...checkGenerator(server, inspection),
    ])
}

function checkIssuer(server: Cursor): readonly Finding[] {
  const local = server.at('localIntrospectionConfig')
  if (local.at('issuer').isPresent || isMisspelled(local, ['issuer'])) return []
  if (isMisspelled(server, ['localIntrospectionConfig'])) return []
  const verifies = KEY_SOURCES.some(key => local.at(key).isPresent)
  const issues = server.at('tokenGeneratorConfig').isPresent
  if (server.at('remoteIntrospectionConfig').isPresent && !verifies && !issues) return []
  return [
    {
      code: 'config.required',
      severity: 'error',
      message: `auth server \`${server.at('name').text ?? ''}\` has no issuer`,
      pointer: local.pointer,
      help: 'add `localIntrospectionConfig: { issuer: … }`: exactly what its tokens have as `iss`',
    },
  ]
}

function checkKeySource(server: Cursor, helped: ReadonlySet<string>): readonly Finding[] {
  const local = server.at('localIntrospectionConfig')
  const name = server.at('name').text ?? ''
  if (!local.at('issuer').isPresent || isMisspelled(local, KEY_SOURCES)) return []
  const sources = [
    server.at('tokenGeneratorConfig', 'keyStoreAlias'),
    local.at('jwksuri'),
    local.at('discovery_url'),
    local.at('jwks_file'),
    local.at('trustStoreAlias'),
  ].filter(source => source.isPresent)
  const [first, second] = sources
  if (first === undefined) {
    if (helped.has(name) || local.at('certificateAlias').isPresent) return checkCertificateAlias(local)
    return [
      {
        code: 'config.unusable',
        severity: 'warning',
        message: `auth server \`${name}\` has no keys: calls with its tokens get 503`,
        pointer: server.at('name').pointer,
        help: 'add `jwksuri`, `discovery_url`, `jwks_file`, or `trustStoreAlias` and `certificateAlias`',
      },
    ]
  }
  if (second === undefined) return checkCertificateAlias(local)
  const contradiction = checkTwoAddresses(local)
  if (contradiction !== undefined) return [...checkCertificateAlias(local), contradiction]
  return [
    ...checkCertificateAlias(local),
    {
      code: 'config.conflict',
      severity: 'warning',
      message: `auth server \`${name}\` has several sources of keys: only the first one counts`,
      pointer: second.pointer,
      atKey: true,
      label: 'has no effect',
      related: [{ pointer: first.pointer, label: 'this one counts', atKey: true }],
      help: 'take the others out',
    },
  ]
}

/** The document names an address of its own: nobody can tell which of the two is meant. */
function checkTwoAddresses(local: Cursor): Finding | undefined {
  const [jwksuri, discovery] = [local.at('jwksuri'), local.at('discovery_url')]
  if (!jwksuri.isPresent || !discovery.isPresent) return undefined
  return {
    code: 'config.conflict',
    severity: 'error',
    message: '`jwksuri` and `discovery_url` both say where the keys are',
    pointer: discovery.pointer,
    atKey: true,
    related: [{ pointer: jwksuri.pointer, label: 'the other one', atKey: true }],
    help: 'take one of them out',
  }
}

function checkCertificateAlias(local: Cursor): readonly Finding[] {
  const [store, certificate] = [local.at('trustStoreAlias'), local.at('certificateAlias')]
  if (store.isPresent === certificate.isPresent) return []
  const [there, missing] = store.isPresent ? [store, 'certificateAlias'] : [certificate, 'trustStoreAlias']
  return [
    {
      code: 'config.required',
      severity: 'error',
      message: `\`${missing}\` is missing: a certificate is named by truststore and alias`,
      pointer: there.pointer,
      atKey: true,
    },
  ]
}

/** RS256, RS384 and RS512 sign with one kind of key; the others each have their own. */
function familyOf(algorithm: string): 'rsa' | 'ec' | 'ed25519' {
  if (algorithm.startsWith('RS')) return 'rsa'
  return algorithm === 'EdDSA' ? 'ed25519' : 'ec'
}

function checkGenerator(server: Cursor, inspection: Inspection): readonly Finding[] {
  const generator = server.at('tokenGeneratorConfig')
  const name = server.at('name').text ?? ''
  if (!generator.isPresent) return []
  const storeName = generator.at('keyStoreAlias').text
  if (storeName === undefined) {
    return [
      {
        code: 'config.unusable',
        severity: 'warning',
        message: `auth server \`${name}\` cannot issue tokens: its \`tokenGeneratorConfig\` names no keystore`,
        pointer: generator.pointer,
        atKey: true,
        help: 'add `keyStoreAlias` and `keyAlias`',
      },
    ]
  }
  const store = inspection.keystores.get(storeName)
  if (store === undefined) return []
  return [...checkChoiceOfKey(generator, store), ...checkAlgorithm(generator, store)]
}

/** The alias may be left out where the store leaves no choice. */
export function checkChoiceOfKey(block: Cursor, store: Cursor): readonly Finding[] {
  const aliases = aliasesOf(store)
  if (block.at('keyAlias').isPresent || aliases === undefined || aliases.size === 1) return []
  return [
    {
      code: 'config.required',
      severity: 'error',
      message: `\`keyAlias\` is missing: keystore \`${store.at('name').text ?? ''}\` has ${aliases.size} entries`,
      pointer: block.at('keyStoreAlias').pointer,
      help: aliases.size === 0 ? 'add an entry to the keystore' : `one of ${[...aliases.keys()].join(', ')}`,
    },
  ]
}

function checkAlgorithm(generator: Cursor, store: Cursor): readonly Finding[] {
  if (store.at('type').text !== 'generated') return []
  const wanted = generator.at('algorithm').text ?? ''
  const made = store.at('algorithm').text ?? ''
  if (familyOf(wanted) === familyOf(made)) return []
  return [
    {
      code: 'config.conflict',
      severity: 'error',
      message: `a key for ${made} cannot sign ${wanted}`,
      pointer: generator.at('algorithm').pointer,
      related: [{ pointer: store.at('name').pointer, label: `makes a key for ${made}` }],
      help: 'write the same algorithm in both',
    },
  ]
}
