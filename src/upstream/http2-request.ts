import { sensitiveHeaders } from 'node:http2'
import type { Dispatcher } from 'undici'
import { errors } from 'undici'
import { isUnsendable } from './field-hygiene.ts'

/** Values that no compression table may keep (RFC 7541 section 7.1): one connection carries the requests of many callers. */
const SENSITIVE = ['authorization', 'cookie', 'x-jwt-assertion']

/**
 * Makes the fields of an HTTP/2 request (RFC 9113 section 8.3.1): pseudo fields, then the fields of the request in their order, names
 * in lower case.
 *
 * @param options as undici takes them: `headers` is name, value, name, value, …, without `Host` and without connection-specific fields.
 * An upgrade is not asked for: HTTP/2 has none.
 * @throws InvalidArgumentError for a value that must not be sent.
 */
export function toRequestLines(options: Dispatcher.DispatchOptions, origin: string): readonly string[] {
  const [scheme = '', authority = ''] = origin.split('://')
  const lines = [':method', options.method, ':scheme', scheme, ':authority', authority, ':path', options.path]
  const headers: readonly string[] = Array.isArray(options.headers) ? options.headers : []
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] as string
    // Node.js looks at names only, and cuts what does not fit into a byte.
    if (isUnsendable(value)) throw new errors.InvalidArgumentError('unsendable field value')
    lines.push((headers[i] as string).toLowerCase(), value)
  }
  return Object.assign(lines, { [sensitiveHeaders]: SENSITIVE })
}
