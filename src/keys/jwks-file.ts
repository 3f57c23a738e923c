import { createFixedSource, type FileParts, readKeyFile } from './fixed-keys.ts'
import { type ImportedKeys, importJwks } from './jwks.ts'
import { createKeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** Creates a source with the keys of a JWK Set file, read now; a changed file is a new source. */
export function createJwksFileSource(authServer: string, file: string, parts: FileParts): KeySource {
  const bytes = readKeyFile(file)
  const imported = bytes === undefined ? 'file cannot be read' : parseJwks(bytes)
  const failure = typeof imported === 'string' ? imported : undefined
  const dropped = typeof imported === 'string' ? [] : imported.dropped
  if (failure !== undefined || dropped.length > 0)
    parts.logger.warn(
      { authServer, reason: failure, dropped },
      'keys in the JWKS file of an auth server cannot be used',
    )
  const set = createKeySet(() => false)
  if (typeof imported !== 'string') set.replace(imported.keys)
  return createFixedSource({
    authServer,
    origin: 'jwksFile',
    keys: () => set.keys,
    onClose: () => set.retireAll(),
    ...(failure === undefined ? { fetchedAt: parts.clock.now() } : { failure }),
  })
}

/** Parses the bytes of a JWK Set. A set without one usable key is a failure: the answer is then a few words. */
export function parseJwks(bytes: Uint8Array): ImportedKeys | string {
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return 'not json'
  }
  const imported = importJwks(document)
  if (imported.keys.length > 0) return imported
  return imported.dropped[0]?.index === undefined && imported.dropped.length > 0 ? 'not a key set' : 'no usable keys'
}
