import type { Finding } from '../diagnostics/problem.ts'
import { checkChoiceOfKey } from './auth-servers.ts'
import type { Cursor } from './cursor.ts'
import type { Inspection } from './inspection.ts'
import { parseListenAddress } from './listen-address.ts'
import type { ListenAddress } from './model.ts'
import { aliasesOf } from './references.ts'

const KINDS = ['http', 'https', 'admin'] as const

/** Judges the listeners: no address twice, and HTTPS has what it needs. */
export function checkListeners(inspection: Inspection): readonly Finding[] {
  return [...checkAddresses(inspection.root), ...checkTls(inspection), ...checkIssuingScheme(inspection.root)]
}

function checkAddresses(root: Cursor): readonly Finding[] {
  const taken: { readonly kind: string; readonly address: ListenAddress; readonly pointer: string }[] = []
  const findings: Finding[] = []
  for (const kind of KINDS) {
    const place = root.at('ports', kind)
    const { value, pointer } = place
    if (typeof value !== 'string' && typeof value !== 'number') continue
    const address = parseListenAddress(value)
    if (!address.ok) continue
    const other = taken.find(before => collide(before.address, address.value))
    taken.push({ kind, address: address.value, pointer })
    if (other === undefined) continue
    findings.push({
      code: 'config.conflict',
      severity: 'error',
      message: `\`ports.${other.kind}\` and \`ports.${kind}\` are the same port`,
      pointer,
      related: [{ pointer: other.pointer, label: 'taken here' }],
      help: 'give each its own port',
    })
  }
  return findings
}

/** Port 0 is a new port each time. */
function collide(a: ListenAddress, b: ListenAddress): boolean {
  return a.port === b.port && a.port !== 0 && (covers(a.host, b.host) || covers(b.host, a.host))
}

/** Tells whether who listens on one host listens on the other one, too. */
function covers(host: string | undefined, other: string | undefined): boolean {
  if (host === undefined || host === '::' || host === other) return true
  return host === '0.0.0.0' && (other === undefined || !other.includes(':'))
}

function checkTls({ root, keystores }: Inspection): readonly Finding[] {
  const tls = root.at('tls')
  const certificates = tls.at('certificates').items()
  const findings: Finding[] = []
  for (const certificate of certificates) {
    const store = keystores.get(certificate.at('keyStoreAlias').text ?? '')
    if (store === undefined) continue
    findings.push(...checkChoiceOfKey(certificate, store), ...checkHasCertificate(certificate, store))
  }
  const [first] = certificates
  if (root.at('ports', 'https').isPresent && first === undefined) {
    findings.push({
      code: 'config.required',
      severity: 'error',
      message: '`ports.https` needs a certificate',
      pointer: root.at('ports', 'https').pointer,
      help: 'name one in `tls.certificates`, as in `[ { keyStoreAlias: edge } ]`, and define the keystore',
    })
  }
  const asked = tls.at('client_certificates').text
  if ((asked === 'required' || asked === 'optional') && !tls.at('trustStoreAlias').isPresent) {
    findings.push({
      code: 'config.required',
      severity: 'error',
      message: '`trustStoreAlias` is missing: client certificates must come from somebody who is trusted',
      pointer: tls.at('client_certificates').pointer,
      help: 'name a truststore with the authorities in `tls.trustStoreAlias`',
    })
  }
  return findings
}

function checkHasCertificate(certificate: Cursor, store: Cursor): readonly Finding[] {
  const entries = aliasesOf(store)
  const entry = entries?.get(certificate.at('keyAlias').text ?? '') ?? entries?.values().next().value
  if (entry === undefined || entry.at('certificate').isPresent) return []
  const alias = certificate.at('keyAlias')
  return [
    {
      code: 'config.conflict',
      severity: 'error',
      message: 'a listener needs a certificate; this entry has a private key only',
      pointer: alias.isPresent ? alias.pointer : certificate.at('keyStoreAlias').pointer,
      related: [{ pointer: entry.at('alias').pointer, label: 'no certificate here' }],
      help: 'name an entry with `certificate` and `private_key`, or an entry of a `pkcs12` or `jks` keystore',
    },
  ]
}

/** Tokens are issued over HTTPS only by default; without HTTPS nobody can get one. */
function checkIssuingScheme(root: Cursor): readonly Finding[] {
  if (root.at('extended_settings', 'pg_JWT_isHTTPS').value !== true) return []
  if (root.at('ports', 'https').isPresent || root.at('trusted_proxies').items().length > 0) return []
  const servers = root.at('security_settings', 'auth_servers').items()
  const issuing = servers.find(server => server.at('tokenGeneratorConfig', 'keyStoreAlias').isPresent)
  if (issuing === undefined) return []
  return [
    {
      code: 'config.unusable',
      severity: 'warning',
      message: `auth server \`${issuing.at('name').text ?? ''}\` issues tokens over HTTPS only, and there is no HTTPS here`,
      pointer: issuing.at('tokenGeneratorConfig').pointer,
      atKey: true,
      help: 'set `ports.https`, or `extended_settings: { pg_JWT_isHTTPS: false }` where nobody listens in',
    },
  ]
}
