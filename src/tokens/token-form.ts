import { decodeBase64url } from './base64url.ts'
import { parseJsonObject } from './strict-json.ts'

/**
 * Tells whether a bearer token has the form of a JWT (RFC 7519 section 7.2): three parts, of which the first is a JSON object that
 * names an algorithm. Everything else is opaque to us, an encrypted JWT with its five parts included. Tells nothing of its validity:
 * it only says who is to judge it. The caller has bounded the length.
 */
export function hasJwtForm(token: string): boolean {
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first <= 0 || second < 0 || token.indexOf('.', second + 1) >= 0) return false
  const octets = decodeBase64url(token.slice(0, first))
  const header = octets === undefined ? undefined : parseJsonObject(octets)
  return header?.ok === true && typeof header.value['alg'] === 'string'
}
