/** One element of a Forwarded field (RFC 7239 section 4), as one proxy added it. Parameters that are not listed are ignored. */
export interface ForwardedElement {
  /** Address with or without port, `unknown`, or an obfuscated name; without the quotes. */
  readonly for: string | undefined
  readonly host: string | undefined
  readonly proto: string | undefined
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Parses the values of all Forwarded lines, oldest hop first. Names ignore case, each at most once in an element. Returns
 * undefined where the field does not follow the grammar. Empty list elements are skipped (RFC 9110 section 5.6.1).
 */
export function parseForwarded(values: readonly string[]): readonly ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = []
  for (const value of values) {
    for (const element of splitOutsideQuotes(value, ',')) {
      const trimmed = trimSpace(element)
      if (trimmed === '') continue
      const parsed = parseElement(trimmed)
      if (parsed === undefined) return undefined
      elements.push(parsed)
    }
  }
  return elements
}

function parseElement(text: string): ForwardedElement | undefined {
  const seen = new Map<string, string>()
  for (const pair of splitOutsideQuotes(text, ';')) {
    const trimmed = trimSpace(pair)
    if (trimmed === '') continue
    const equals = trimmed.indexOf('=')
    if (equals <= 0) return undefined
    const name = trimmed.slice(0, equals).toLowerCase()
    const value = parseValue(trimmed.slice(equals + 1))
    if (!TOKEN.test(name) || value === undefined || seen.has(name)) return undefined
    seen.set(name, value)
  }
  return { for: seen.get('for'), host: seen.get('host'), proto: seen.get('proto') }
}

function parseValue(text: string): string | undefined {
  if (!text.startsWith('"')) return TOKEN.test(text) ? text : undefined
  let value = ''
  for (let i = 1; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '"') return i === text.length - 1 ? value : undefined
    if (character === '\\') {
      i++
      if (i >= text.length) return undefined
    }
    value += text.charAt(i)
  }
  return undefined
}

/** Splits at a separator that is not inside a quoted string. A string that is never closed stays in one piece, and fails later. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (quoted && character === '\\') i++
    else if (character === '"') quoted = !quoted
    else if (!quoted && character === separator) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

/** Removes optional white space (RFC 9110 section 5.6.3) at both ends. */
export function trimSpace(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return from === 0 && to === text.length ? text : text.slice(from, to)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
