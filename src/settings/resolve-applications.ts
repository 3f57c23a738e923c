import { parseAddressRange } from './address-range.ts'
import { canonicalFingerprint, parseAlternativeName, parseDistinguishedName } from './certificate-names.ts'
import type { ApplicationSettings, ClientCertificateSettings } from './model.ts'
import { parseHostName } from './names.ts'
import { valid } from './resolution.ts'
import type { Application } from './schema-types.ts'
import { Secret } from './secret.ts'

/** Resolves the applications; the id of one is its name where none is written. */
export function resolveApplications(applications: readonly Application[]): readonly ApplicationSettings[] {
  return applications.map((application, index) => resolveApplication(application, `/applications/${index}`))
}

function resolveApplication(application: Application, pointer: string): ApplicationSettings {
  const { identifiers } = application
  return {
    id: application.id ?? application.name,
    name: application.name,
    owner: application.owner,
    tier: application.tier,
    suspended: application.suspended,
    apis: application.apis,
    authServers: application.auth_servers,
    identifiers: {
      claimSets: identifiers.claim_sets,
      apiKeys: identifiers.api_keys.map(key => new Secret(key)),
      users: identifiers.users,
      hostNames: identifiers.host_names.map(name => valid(parseHostName(name))),
      clientCertificates: identifiers.client_certificates.map(resolveCertificate),
      ipRanges: identifiers.ip_ranges.map(range => valid(parseAddressRange(range))),
      clientIds: identifiers.client_ids,
    },
    strategies: application.strategies.map((strategy, index) => ({
      name: strategy.name,
      authServer: strategy.authServerAlias,
      algorithm: strategy.algorithm,
      secret: new Secret(strategy.secret),
      audience: strategy.audience,
      pointer: `${pointer}/strategies/${index}`,
    })),
    pointer,
  }
}

type ClientCertificate = Application['identifiers']['client_certificates'][number]

function resolveCertificate({ fingerprint, san, subject }: ClientCertificate): ClientCertificateSettings {
  if (fingerprint !== undefined) return { by: 'fingerprint', value: canonicalFingerprint(fingerprint) }
  if (san !== undefined) return { by: 'san', value: valid(parseAlternativeName(san)) }
  // The schema wants exactly one of the three.
  return { by: 'subject', value: valid(parseDistinguishedName(subject ?? '')) }
}
