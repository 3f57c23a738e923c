import { parseAuthority } from './authority.ts'
import { canonicalPath } from './canonical-path.ts'

/** Where a request goes, without query and fragment (RFC 9110 section 7.1). */
export interface TargetUri {
  /** `https://host` or `https://host:port`: lower case, without the scheme's own port. */
  readonly origin: string
  /** The canonical path. */
  readonly path: string
}

const SCHEMES = [
  { prefix: 'https://', port: 443 },
  { prefix: 'http://', port: 80 },
] as const

/**
 * Parses an absolute `http` or `https` URI and normalises it as RFC 9110 section 4.2.3 allows: case of scheme and host, default port,
 * empty path, and the path as `canonicalPath` does. Query and fragment are cut off. Undefined for everything else: user information, a path with
 * two readings, characters that a URI cannot hold.
 */
export function parseTargetUri(text: string): TargetUri | undefined {
  const lower = text.slice(0, 8).toLowerCase()
  const scheme = SCHEMES.find(({ prefix }) => lower.startsWith(prefix))
  if (scheme === undefined) return undefined
  const rest = text.slice(scheme.prefix.length)
  const end = indexOfAny(rest, '?#')
  const hierarchy = end < 0 ? rest : rest.slice(0, end)
  const slash = hierarchy.indexOf('/')
  const origin = toOrigin(scheme, slash < 0 ? hierarchy : hierarchy.slice(0, slash))
  const path = slash < 0 ? '/' : canonicalPath(hierarchy.slice(slash))
  return origin === undefined || path === undefined ? undefined : { origin, path }
}

/** Makes the origin of a request that named this authority; undefined where it named none. */
export function originOf(scheme: 'http' | 'https', authority: string): string | undefined {
  const rules = SCHEMES[scheme === 'https' ? 0 : 1]
  return toOrigin(rules, authority)
}

function toOrigin({ prefix, port }: (typeof SCHEMES)[number], text: string): string | undefined {
  const parsed = parseAuthority(text)
  if (parsed === undefined) return undefined
  if (parsed.port === undefined || parsed.port !== port) return prefix + parsed.authority
  return prefix + parsed.authority.slice(0, parsed.authority.lastIndexOf(':'))
}

function indexOfAny(text: string, characters: string): number {
  for (let i = 0; i < text.length; i++) if (characters.includes(text.charAt(i))) return i
  return -1
}
