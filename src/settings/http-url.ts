import { isLoopbackHost } from '../message/loopback.ts'
import { type Parsed, parsed, unparsable } from './parsed.ts'

const HELP = 'write an absolute URL, as in `https://idp.example.com/certs`'

/** Parses an absolute http or https URL without user, password and fragment. */
export function parseHttpUrl(text: string): Parsed<URL> {
  if (!/^https?:\/\//i.test(text)) return unparsable('is not an http or https URL', HELP)
  const url = URL.parse(text)
  if (url === null || /[\s\\]/.test(text)) return unparsable('is not a URL', HELP)
  if (url.username !== '' || url.password !== '')
    return unparsable('holds a user or password', 'take them out of the URL')
  return text.includes('#') ? unparsable('holds a fragment', 'take the part from `#` away') : parsed(url)
}

/** Parses a URL that paths are appended to: an http(s) URL without query. */
export function parseBaseUrl(text: string): Parsed<URL> {
  const url = parseHttpUrl(text)
  return url.ok && text.includes('?') ? unparsable('holds a query', 'take the part from `?` away') : url
}

/** Parses the short form of an upstream: a base URL, or `builtin:echo`. */
export function parseUpstream(text: string): Parsed<URL | 'echo'> {
  if (text === 'builtin:echo') return parsed('echo')
  if (text.startsWith('builtin:')) return unparsable('names no built-in service', 'the only one is `builtin:echo`')
  const url = parseBaseUrl(text)
  return url.ok || !/^[\w.-]+(:\d+)?(\/|$)/.test(text) ? url : unparsable(url.message, `write \`http://${text}\``)
}

/** Tells whether a URL sends its bytes in the clear to another machine. */
export function isClearTextToElsewhere(url: URL): boolean {
  return url.protocol === 'http:' && !isLoopbackHost(url.hostname)
}
