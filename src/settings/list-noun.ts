const NOUNS: ReadonlyMap<string, string> = new Map([
  ['apis', 'API'],
  ['auth_servers', 'auth server'],
  ['entries', 'entry'],
  ['scope_mappings', 'scope mapping'],
  ['strategies', 'strategy'],
])

/** Names one entry of the list under a key, for messages: `auth server`, `API`, `user`. */
export function nounFor(key: string): string {
  return NOUNS.get(key) ?? (/^[a-z_]+s$/.test(key) ? key.slice(0, -1).replaceAll('_', ' ') : `entry of \`${key}\``)
}
