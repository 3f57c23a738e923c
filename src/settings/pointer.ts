/** Writes a path as a JSON pointer (RFC 6901): `['apis', '0', 'a/b']` is `/apis/0/a~1b`, the empty path is the empty string. */
export function toPointer(path: readonly string[]): string {
  return path.map(token => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Reads a JSON pointer; a missing first slash is forgiven. Never fails. */
export function parsePointer(pointer: string): string[] {
  if (pointer === '') return []
  const tokens = pointer.startsWith('/') ? pointer.slice(1).split('/') : pointer.split('/')
  return tokens.map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Writes a path as operators say it: `security_settings.auth_servers[0].name`. */
export function toDottedPath(path: readonly string[]): string {
  return path.map((token, index) => (/^\d+$/.test(token) ? `[${token}]` : index === 0 ? token : `.${token}`)).join('')
}
