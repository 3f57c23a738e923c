import type { KeystoreSettings, StoreFileSettings, TlsSettings, TruststoreSettings } from './model.ts'
import type { Resolution } from './resolution.ts'
import type { Keystore, OutgoingTls, Truststore } from './schema-types.ts'
import { Secret } from './secret.ts'
import { plainPassword } from './secret-text.ts'
import type { OutgoingTlsSettings } from './upstream-settings.ts'

const SECURITY = '/security_settings'

/** Resolves the keystores. */
export function resolveKeystores(resolution: Resolution): readonly KeystoreSettings[] {
  const stores = resolution.configuration.security_settings.keystores
  return stores.flatMap((store, index) => resolveKeystore(resolution, store, `${SECURITY}/keystores/${index}`) ?? [])
}

function resolveKeystore(resolution: Resolution, store: Keystore, pointer: string): KeystoreSettings | undefined {
  const { name, algorithm, alias } = store
  if (store.type === 'generated') {
    return algorithm === undefined || alias === undefined
      ? undefined
      : { type: 'generated', name, algorithm, alias, pointer }
  }
  if (store.type !== 'pem') return resolveStoreFile(resolution, store, store.type, pointer)
  const entries = (store.entries ?? []).map((entry, index) => {
    const place = `${pointer}/entries/${index}`
    const { certificate } = entry
    return {
      alias: entry.alias,
      certificateFile: certificate === undefined ? undefined : resolution.absolute(`${place}/certificate`, certificate),
      privateKeyFile: resolution.absolute(`${place}/private_key`, entry.private_key),
      password: toSecret(entry.password ?? store.password),
      pointer: place,
    }
  })
  return { type: 'pem', name, entries, pointer }
}

/** Resolves the truststores. */
export function resolveTruststores(resolution: Resolution): readonly TruststoreSettings[] {
  const stores = resolution.configuration.security_settings.truststores
  return stores.flatMap(
    (store, index) => resolveTruststore(resolution, store, `${SECURITY}/truststores/${index}`) ?? [],
  )
}

function resolveTruststore(resolution: Resolution, store: Truststore, pointer: string): TruststoreSettings | undefined {
  if (store.type !== 'pem') return resolveStoreFile(resolution, store, store.type, pointer)
  const entries = (store.entries ?? []).map((entry, position) => {
    const place = `${pointer}/entries/${position}`
    const certificateFile = resolution.absolute(`${place}/certificate`, entry.certificate)
    return { alias: entry.alias, certificateFile, pointer: place }
  })
  return { type: 'pem', name: store.name, entries, pointer }
}

function resolveStoreFile(
  resolution: Resolution,
  { name, file, password }: Keystore | Truststore,
  type: StoreFileSettings['type'],
  pointer: string,
): StoreFileSettings | undefined {
  if (file === undefined) return undefined
  return { type, name, file: resolution.absolute(`${pointer}/file`, file), password: toSecret(password), pointer }
}

function toSecret(password: string | undefined): Secret | undefined {
  return password === undefined ? undefined : new Secret(plainPassword(password) ?? password)
}

/** Resolves what `ports.https` serves. */
export function resolveTls({ configuration }: Resolution): TlsSettings {
  const { tls } = configuration
  return {
    certificates: tls.certificates.map(({ keyStoreAlias, keyAlias }, index) => ({
      keystore: keyStoreAlias,
      alias: keyAlias,
      pointer: `/tls/certificates/${index}`,
    })),
    clientCertificates: tls.client_certificates,
    clientTruststore:
      tls.trustStoreAlias === undefined ? undefined : { name: tls.trustStoreAlias, pointer: '/tls/trustStoreAlias' },
    minVersion: tls.min_version,
  }
}

/** Resolves a block of outgoing TLS; undefined where none is written. */
export function resolveOutgoingTls(written: OutgoingTls | undefined, pointer: string): OutgoingTlsSettings | undefined {
  if (written === undefined) return undefined
  return {
    trustStoreAlias: written.trustStoreAlias,
    keyStoreAlias: written.keyStoreAlias,
    keyAlias: written.keyAlias,
    serverName: written.server_name,
    verify: written.verify,
    pointer,
  }
}
