import { isMapping } from './cursor.ts'
import { parsePointer } from './pointer.ts'

/** What identifies an item of a list, best first. */
const IDENTITIES = ['name', 'id', 'alias', 'match', 'keyStoreAlias'] as const

/**
 * Writes a JSON pointer as operators think of the place: list items by their name, the block that only groups left out, as in
 * `auth_servers[staff-idp].localIntrospectionConfig`. The empty pointer gives the empty string.
 */
export function readablePath(root: unknown, pointer: string): string {
  let value = root
  let path = ''
  const tokens = parsePointer(pointer)
  for (const [index, token] of tokens.entries()) {
    const isItem = Array.isArray(value)
    value = isItem || isMapping(value) ? Reflect.get(Object(value), token) : undefined
    if (isItem) path += `[${identityOf(value) ?? token}]`
    else if (index > 0 || token !== 'security_settings' || tokens.length === 1)
      path += path === '' ? token : `.${token}`
  }
  return path
}

function identityOf(item: unknown): string | undefined {
  if (!isMapping(item)) return undefined
  const identity = IDENTITIES.find(key => typeof item[key] === 'string' && item[key] !== '')
  return identity === undefined ? undefined : String(item[identity]).slice(0, 60)
}
