import { resolve } from 'node:path'
import { Cursor } from './cursor.ts'
import type { SettingsDocument } from './document.ts'

/** A file that the settings name and that the gateway reads. */
export interface NamedFile {
  readonly pointer: string
  /** As it is written. */
  readonly written: string
  /** Absolute path. */
  readonly file: string
  /** The folder that relative paths start from at this place. */
  readonly folder: string
  readonly role: 'certificate' | 'private_key' | 'jwks' | 'store'
}

/**
 * Lists the files that a document names. Reads none of them, so that they can be
 * watched also where they are missing. Works for any document.
 */
export function listNamedFiles(document: SettingsDocument): readonly NamedFile[] {
  const security = new Cursor(document.value).at('security_settings')
  const stores = [...security.at('keystores').items(), ...security.at('truststores').items()]
  const entries = stores.flatMap(store => store.at('entries').items())
  const places = [
    ...stores.map(store => ({ place: store.at('file'), role: 'store' as const })),
    ...entries.map(entry => ({ place: entry.at('certificate'), role: 'certificate' as const })),
    ...entries.map(entry => ({ place: entry.at('private_key'), role: 'private_key' as const })),
    ...security
      .at('auth_servers')
      .items()
      .map(server => ({ place: server.at('localIntrospectionConfig', 'jwks_file'), role: 'jwks' as const })),
  ]
  return places.flatMap(({ place, role }) => {
    const written = place.text
    if (written === undefined) return []
    const { pointer } = place
    const folder = document.directoryOf(pointer)
    return [{ pointer, written, file: absolutePath(document, pointer, written), folder, role }]
  })
}

/** Makes a path absolute: relative ones start from the folder of the file that names them (product.md 2). */
export function absolutePath(document: SettingsDocument, pointer: string, path: string): string {
  return resolve(document.directoryOf(pointer), path)
}
