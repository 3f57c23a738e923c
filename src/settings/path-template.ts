import { canonicalPath } from '../message/canonical-path.ts'
import type { RouteMatchSettings } from './model.ts'
import { type Parsed, parsed, unparsable } from './parsed.ts'

const PARAMETER = /^\{[A-Za-z_][A-Za-z0-9_]{0,63}\}$/
const METHOD = /^[A-Z][A-Z0-9!#$%&'*+.^_`|~-]{0,31}$/
const BASE_HELP =
  'write the path from its first slash, as in `/orders`; characters outside ASCII are written as `%C3%BC`'
const ROUTE_HELP = 'write a method and a path below the base path, as in `GET /v1/items/{id}` or `ANY /*`'

/** Parses a base path: `/`, or segments without trailing slash. Percent escapes come back in canonical form. */
export function parseBasePath(text: string): Parsed<string> {
  if (!text.startsWith('/')) return unparsable('must begin with a slash', BASE_HELP)
  if (text === '/') return parsed('/')
  const path = toCanonical(text.endsWith('/') ? text.slice(0, -1) : text)
  const wrong = path
    .slice(1)
    .split('/')
    .find(segment => !isLiteralSegment(segment))
  return wrong === undefined ? parsed(path) : unparsable(describeSegment(wrong), BASE_HELP)
}

/** Parses `METHOD /path`: the path may hold `{name}` segments and end in `/*`. */
export function parseRouteMatch(text: string): Parsed<RouteMatchSettings> {
  const [method = '', path, more] = text.trim().split(/ +/)
  if (path === undefined || more !== undefined) return unparsable('is not a method and a path', ROUTE_HELP)
  if (!METHOD.test(method)) {
    const upper = method.toUpperCase()
    return METHOD.test(upper)
      ? unparsable('must begin with a method in capitals', `write \`${upper} ${path}\``)
      : unparsable('must begin with a method', ROUTE_HELP)
  }
  const template = parseTemplate(path)
  return template.ok ? parsed({ method, path: template.value }) : template
}

function parseTemplate(text: string): Parsed<string> {
  if (!text.startsWith('/')) return unparsable('needs a path that begins with a slash', ROUTE_HELP)
  if (text === '/' || text === '/*') return parsed(text)
  const path = toCanonical(text.endsWith('/') ? text.slice(0, -1) : text)
  const segments = path.slice(1).split('/')
  const names = new Set<string>()
  for (const [index, segment] of segments.entries()) {
    if (segment === '*' && index === segments.length - 1) continue
    if (PARAMETER.test(segment)) {
      if (names.has(segment)) return unparsable(`names \`${segment}\` twice`, 'give each its own name')
      names.add(segment)
    } else if (segment.includes('*')) {
      return unparsable('has a `*` that is not its last segment', ROUTE_HELP)
    } else if (!isLiteralSegment(segment)) {
      return unparsable(describeSegment(segment), ROUTE_HELP)
    }
  }
  return parsed(path)
}

/** Parses the call of a configuration test: `METHOD /path?query`. */
export function parseCall(text: string): Parsed<{ readonly method: string; readonly target: string }> {
  const [method = '', target, more] = text.trim().split(/ +/)
  if (target === undefined || more !== undefined || !METHOD.test(method) || !target.startsWith('/')) {
    return unparsable('is not a call', 'write a method and a path, as in `GET /orders/v1/items`')
  }
  return parsed({ method, target })
}

/** Tells whether a text can stand in a path as one segment: whether some request path, in its one canonical form, can have it. */
export function isLiteralSegment(segment: string): boolean {
  return !/[/*{}]/.test(segment) && segment !== '' && canonicalPath(`/${segment}`) !== undefined
}

function describeSegment(segment: string): string {
  if (segment === '') return 'has an empty segment'
  if (segment === '.' || segment === '..') return 'has a dot segment'
  return `has a segment that no request path can have: \`${segment}\``
}

/** Writes a segment in the form that request paths are matched in; one that no request can have stays as it is, to be told of. */
function toCanonical(path: string): string {
  const segments = path.split('/').map(segment => canonicalPath(`/${segment}`)?.slice(1) ?? segment)
  return segments.join('/')
}
