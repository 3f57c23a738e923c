import type { Finding } from '../diagnostics/problem.ts'
import { canonicalFingerprint, parseAlternativeName, parseDistinguishedName } from './certificate-names.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import type { Parsed } from './parsed.ts'

interface Claim {
  readonly name: string
  readonly pointer: string
}

/** Finds two that claim one name, one issuer or one API key. */
export function checkDuplicates({ root, apis, applications }: Inspection): readonly Finding[] {
  const security = root.at('security_settings')
  const servers = security.at('auth_servers').items()
  const stores = [...security.at('keystores').items(), ...security.at('truststores').items()]
  return [
    ...twins('users', claims(root.at('users').items(), 'name')),
    ...twins('keystores', claims(security.at('keystores').items(), 'name')),
    ...twins('truststores', claims(security.at('truststores').items(), 'name')),
    ...stores.flatMap(store => twins('entries of one store', claims(store.at('entries').items(), 'alias'))),
    ...twins('auth servers', claims(servers, 'name')),
    ...twins('auth servers', claims(servers, 'id'), 'the id'),
    ...twinIssuers(servers),
    ...twinApplications(applications),
    ...applications.flatMap(application =>
      twins('strategies of one application', claims(application.at('strategies').items(), 'name')),
    ),
    ...twins('APIs', apis.flatMap(toNameAndVersion)),
    ...sharedApiKeys(applications),
    ...sharedClients(applications),
    ...sharedCertificates(applications),
  ]
}

function claims(items: readonly Cursor[], key: string): readonly Claim[] {
  return items.flatMap(item => {
    const name = item.at(key)
    return name.text === undefined ? [] : [{ name: name.text, pointer: name.pointer }]
  })
}

function twinApplications(applications: readonly Cursor[]): readonly Finding[] {
  const byName = twins('applications', claims(applications, 'name'))
  const byId = twins('applications', applications.flatMap(toId), 'the id')
  return [...byName, ...byId.filter(({ pointer }) => byName.every(told => told.pointer !== pointer))]
}

/** The id of an application is its name where none is written. */
function toId(application: Cursor): readonly Claim[] {
  const id = application.at('id')
  const name = application.at('name')
  const text = id.text ?? name.text
  return text === undefined ? [] : [{ name: text, pointer: id.text === undefined ? name.pointer : id.pointer }]
}

function toNameAndVersion(api: Cursor): readonly Claim[] {
  const name = api.at('name')
  const version = api.at('version').text
  if (name.text === undefined) return []
  return [{ name: version === undefined ? name.text : `${name.text} ${version}`, pointer: name.pointer }]
}

function twins(noun: string, all: readonly Claim[], what = 'the name'): readonly Finding[] {
  const first = new Map<string, string>()
  const findings: Finding[] = []
  for (const { name, pointer } of all) {
    const before = first.get(name)
    if (before === undefined) first.set(name, pointer)
    else {
      findings.push({
        code: 'config.duplicate',
        severity: 'error',
        message: `two ${noun} have ${what} \`${name}\``,
        pointer,
        label: 'again here',
        related: [{ pointer: before, label: 'first here' }],
        help: 'rename one of them, or take it out',
      })
    }
  }
  return findings
}

/** Keys belong to their issuer: two auth servers with one issuer would leave open whose keys count. */
function twinIssuers(servers: readonly Cursor[]): readonly Finding[] {
  const issuers = servers.flatMap(server => claims([server.at('localIntrospectionConfig')], 'issuer'))
  return twins('auth servers', issuers, 'the issuer').map(finding => ({
    ...finding,
    help: 'make one auth server of them: a token is judged by the one auth server that its `iss` names',
  }))
}

/** A key held by two applications identifies neither: a call with it is refused as ambiguous. */
function sharedApiKeys(applications: readonly Cursor[]): readonly Finding[] {
  return sharedIdentifiers(applications, {
    listsOf: owner =>
      owner
        .at('identifiers', 'api_keys')
        .texts()
        .map(({ text, pointer }) => ({ name: text, pointer })),
    what: 'hold the same API key: calls with it',
    help: 'give each application its own key',
  })
}

/** The same for clients of auth servers; applications that name different ones may both have it. */
function sharedClients(applications: readonly Cursor[]): readonly Finding[] {
  return sharedIdentifiers(
    applications.filter(application => !application.at('auth_servers').isPresent),
    {
      listsOf: owner =>
        owner
          .at('identifiers', 'client_ids')
          .texts()
          .map(({ text, pointer }) => ({ name: text, pointer })),
      what: 'list the same client ID: calls with its tokens',
      help: 'list it for one of them only, or say in `auth_servers` whose client it is',
    },
  )
}

/** The same for what certificates are known by, as it is compared. */
function sharedCertificates(applications: readonly Cursor[]): readonly Finding[] {
  return sharedIdentifiers(applications, {
    listsOf: owner => owner.at('identifiers', 'client_certificates').items().flatMap(toCertificate),
    what: 'list the same client certificate: calls with it',
    help: 'list it for one of them only',
  })
}

function toCertificate(entry: Cursor): readonly Claim[] {
  return CERTIFICATE_NAMES.flatMap(([by, canonical]) => {
    const { text, pointer } = entry.at(by)
    const name = text === undefined ? undefined : canonical(text)
    return name === undefined ? [] : [{ name: `${by} ${name}`, pointer }]
  })
}

const CERTIFICATE_NAMES: readonly (readonly [string, (text: string) => string | undefined])[] = [
  ['fingerprint', canonicalFingerprint],
  ['san', text => textOf(parseAlternativeName(text))],
  ['subject', text => textOf(parseDistinguishedName(text))],
]

function textOf(name: Parsed<string>): string | undefined {
  return name.ok ? name.value : undefined
}

interface SharedIdentifier {
  readonly listsOf: (application: Cursor) => readonly Claim[]
  /** What both do, as a part of the message. */
  readonly what: string
  readonly help: string
}

function sharedIdentifiers(applications: readonly Cursor[], shared: SharedIdentifier): readonly Finding[] {
  const first = new Map<string, { readonly owner: Cursor; readonly pointer: string }>()
  const findings: Finding[] = []
  for (const owner of applications) {
    for (const { name, pointer } of shared.listsOf(owner)) {
      const before = first.get(name)
      if (before === undefined) first.set(name, { owner, pointer })
      else if (before.owner !== owner) {
        const names = `\`${before.owner.at('name').text ?? ''}\` and \`${owner.at('name').text ?? ''}\``
        findings.push({
          code: 'config.duplicate',
          severity: 'warning',
          message: `applications ${names} ${shared.what} are refused where both count`,
          pointer,
          label: 'again here',
          related: [{ pointer: before.pointer, label: 'first here' }],
          help: shared.help,
        })
      }
    }
  }
  return findings
}
