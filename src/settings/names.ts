import { isIPv6 } from 'node:net'
import { type Parsed, parsed, unparsable } from './parsed.ts'

const LABELS = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$/
const HOST_HELP = 'write a host name without scheme and port, as in `orders.example.com`, or `*.example.com`'

/** Parses a host of an API: exact, or `*.suffix`. Comes back in lower case. */
export function parseHostPattern(text: string): Parsed<string> {
  const host = text.toLowerCase()
  if (host.startsWith('[')) {
    return host.endsWith(']') && isIPv6(host.slice(1, -1)) ? parsed(host) : unparsable('is not a host', HOST_HELP)
  }
  if (host.includes('://')) return unparsable('must be a host, not a URL', HOST_HELP)
  if (/:\d+$/.test(host))
    return unparsable('must not have a port: ports are ignored when hosts are compared', HOST_HELP)
  const name = host.startsWith('*.') ? host.slice(2) : host
  if (name.includes('*')) return unparsable('may have `*` as its first label only', HOST_HELP)
  return LABELS.test(name) ? parsed(host) : unparsable('is not a host', HOST_HELP)
}

/** Parses a host name to be resolved. Comes back in lower case. */
export function parseHostName(text: string): Parsed<string> {
  const host = text.toLowerCase()
  return LABELS.test(host) ? parsed(host) : unparsable('is not a host name', 'write a name as in `build01.example.com`')
}

/** Parses the name of a header field (RFC 9110 section 5.1). Comes back in lower case. */
export function parseFieldName(text: string): Parsed<string> {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(text)
    ? parsed(text.toLowerCase())
    : unparsable('is not the name of a header field', 'write a name as in `x-gateway-apikey`')
}

/** Parses a name that others refer to: any text without control characters and without space at its ends. */
export function parseName(text: string): Parsed<string> {
  if (text === '') return unparsable('must not be empty')
  if (text.length > 256) return unparsable('must have at most 256 characters')
  if (text.trim() !== text) return unparsable('must not begin or end with a space')
  return /[\u0000-\u001f\u007f-\u009f]/.test(text) ? unparsable('holds a control character') : parsed(text)
}

/** Parses one scope (RFC 6749 section 3.3, scope-token). */
export function parseScope(text: string): Parsed<string> {
  return /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(text)
    ? parsed(text)
    : unparsable('is not one scope', 'a scope has no spaces, quotes or backslashes; write several as a list')
}

/** Parses an API key: visible ASCII, as it must fit into a header field. */
export function parseApiKey(text: string): Parsed<string> {
  return /^[\x21-\x7e]{1,512}$/.test(text)
    ? parsed(text)
    : unparsable('is not an API key', 'an API key is 1 to 512 visible ASCII characters without spaces')
}
