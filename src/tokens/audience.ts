/** What a token's audience may name (product.md 4.6). All of it is configuration, but for the canonical path. */
export interface AudienceExpectation {
  /** Audiences of the token's auth server. */
  readonly server: readonly string[]
  /** Audience of the application's strategy. */
  readonly strategy: string | undefined
  /** Id of the identified application. */
  readonly applicationId: string | undefined
  /** Base path of the API: `/orders`, or `/`. */
  readonly basePath: string
  /** The canonical path of the request. */
  readonly path: string
  /**
   * What absolute URIs of this API begin with, without trailing slash: `access_url`, and `scheme://host` for each
   * configured host. Never made of Host or X-Forwarded-*.
   */
  readonly roots: readonly string[]
}

/**
 * Tells whether a token is meant for this request: one value of its `aud` equals a configured audience or the application's
 * id, or names the request by path or absolute URI. Comparison is exact (RFC 7519 section 4.1.3). An empty `aud` names nobody.
 */
export function judgeAudience(aud: readonly string[], expected: AudienceExpectation): boolean {
  return aud.some(value => isNamed(value, expected) || namesRequest(value, expected))
}

function isNamed(value: string, expected: AudienceExpectation): boolean {
  return value === expected.strategy || value === expected.applicationId || expected.server.includes(value)
}

function namesRequest(value: string, expected: AudienceExpectation): boolean {
  if (value.startsWith('/')) return coversPath(value, expected)
  return expected.roots.some(root => value.startsWith(root) && coversPath(value.slice(root.length) || '/', expected))
}

/** A path names the request if it begins with the API's base path and the request's path begins with it, by segments. */
function coversPath(value: string, { basePath, path }: AudienceExpectation): boolean {
  const prefix = value.length > 1 && value.endsWith('/') ? value.slice(0, -1) : value
  return isPathPrefix(basePath, prefix) && isPathPrefix(prefix, path)
}

function isPathPrefix(prefix: string, path: string): boolean {
  return prefix === '/' ? path.startsWith('/') : path === prefix || path.startsWith(`${prefix}/`)
}
