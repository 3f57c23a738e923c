import type { KeystoreSettings, TlsSettings, TruststoreSettings } from './model.ts'
import { entryOf, type Resolution } from './resolution.ts'
import type { Keystore } from './schema-types.ts'

const SECURITY = '/security_settings'

/** Resolves the keystores that can be used: PEM files and generated keys. */
export function resolveKeystores(resolution: Resolution): readonly KeystoreSettings[] {
  const stores = resolution.configuration.security_settings.keystores
  return stores.flatMap((store, index) => resolveKeystore(resolution, store, `${SECURITY}/keystores/${index}`) ?? [])
}

function resolveKeystore(resolution: Resolution, store: Keystore, pointer: string): KeystoreSettings | undefined {
  const { name, algorithm, alias } = store
  if (store.type === 'generated' && algorithm !== undefined && alias !== undefined) {
    return { type: 'generated', name, algorithm, alias, pointer }
  }
  if (store.type !== 'pem') return undefined
  const entries = (store.entries ?? []).map((entry, index) => {
    const place = `${pointer}/entries/${index}`
    const { certificate } = entry
    return {
      alias: entry.alias,
      certificateFile: certificate === undefined ? undefined : resolution.absolute(`${place}/certificate`, certificate),
      privateKeyFile: resolution.absolute(`${place}/private_key`, entry.private_key),
      pointer: place,
    }
  })
  return { type: 'pem', name, entries, pointer }
}

/** Resolves the truststores that can be used: PEM files. */
export function resolveTruststores(resolution: Resolution): readonly TruststoreSettings[] {
  return resolution.configuration.security_settings.truststores.flatMap((store, index) => {
    if (store.type !== 'pem') return []
    const pointer = `${SECURITY}/truststores/${index}`
    const entries = (store.entries ?? []).map((entry, position) => {
      const place = `${pointer}/entries/${position}`
      const certificateFile = resolution.absolute(`${place}/certificate`, entry.certificate)
      return { alias: entry.alias, certificateFile, pointer: place }
    })
    return [{ name: store.name, entries, pointer }]
  })
}

/** Resolves what `ports.https` serves. */
export function resolveTls(resolution: Resolution): TlsSettings {
  const { tls } = resolution.configuration
  const keystores = resolveKeystores(resolution)
  const certificates = tls.certificates.flatMap(({ keyStoreAlias, keyAlias }, index) => {
    const store = keystores.find(({ name }) => name === keyStoreAlias)
    const found = store?.type === 'pem' ? entryOf(store.entries, keyAlias) : undefined
    if (found?.entry.certificateFile === undefined) return []
    const { alias, certificateFile, privateKeyFile } = found.entry
    return [{ alias, certificateFile, privateKeyFile, pointer: `/tls/certificates/${index}` }]
  })
  const authorities = resolveTruststores(resolution).find(({ name }) => name === tls.trustStoreAlias)
  return {
    certificates,
    // Asking without need is not built yet: nobody would look at the certificate.
    clientCertificates: tls.client_certificates === 'required' ? 'required' : 'none',
    clientAuthorityFiles: authorities?.entries.map(({ certificateFile }) => certificateFile) ?? [],
    minVersion: tls.min_version,
  }
}
