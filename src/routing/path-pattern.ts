import { canonicalPath } from '../message/canonical-path.ts'

/** One segment of a path template: text that must be equal, or a name for one non-empty segment. */
export type PatternSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string }

/** A parsed path template such as `/items/{id}` or `/files/*`. */
export interface PathPattern {
  readonly segments: readonly PatternSegment[]
  /** It ends in `/*`: zero or more further segments. */
  readonly rest: boolean
}

/**
 * Parses a path template. Literal segments are put into canonical form, so that they equal what requests are matched by; one
 * trailing slash equals none. Returns undefined where it is none: no leading slash, empty segments, `*` before the end, braces
 * inside a segment, a name used twice, or a literal that no request path can have.
 */
export function parsePathPattern(path: string): PathPattern | undefined {
  if (!path.startsWith('/')) return undefined
  const texts = splitPath(path)
  const rest = texts.at(-1) === '*'
  if (rest) texts.pop()
  const segments: PatternSegment[] = []
  const names = new Set<string>()
  for (const text of texts) {
    const segment = parseSegment(text)
    if (segment === undefined) return undefined
    if (segment.kind === 'parameter') {
      if (names.has(segment.name)) return undefined
      names.add(segment.name)
    }
    segments.push(segment)
  }
  return { segments, rest }
}

function parseSegment(text: string): PatternSegment | undefined {
  if (text.startsWith('{') && text.endsWith('}')) {
    const name = text.slice(1, -1)
    return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) ? { kind: 'parameter', name } : undefined
  }
  if (text === '' || text.includes('*')) return undefined
  const canonical = canonicalPath(`/${text}`)
  return canonical === undefined ? undefined : { kind: 'literal', text: canonical.slice(1) }
}

/** Splits an absolute path into its segments; `/` has none, one trailing slash adds none. */
export function splitPath(path: string): string[] {
  if (path === '/') return []
  return path.slice(1, path.endsWith('/') ? -1 : undefined).split('/')
}

/** Writes the shape of a pattern: equal shapes match the same paths, whatever the parameters are called. */
export function shapeOf(pattern: PathPattern): string {
  const segments = pattern.segments.map(segment => (segment.kind === 'literal' ? `/${segment.text}` : '/{}'))
  return `${segments.join('')}${pattern.rest ? '/*' : ''}`
}
