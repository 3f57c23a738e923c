const TYPE = /^(?:[A-Za-z][A-Za-z0-9-]{0,63}|\d{1,9}(?:\.\d{1,9}){1,32})$/
/** What RFC 4514 section 2.4 escapes wherever it stands. */
const SPECIAL: ReadonlySet<string> = new Set([...'"+,;<>\\'])
/** Longest name that is read. */
const MOST_LENGTH = 4096

/**
 * Writes a distinguished name (RFC 4514) in the one form in which names are compared: types in upper case, no spaces around `,`, `+` and `=`, values
 * unescaped and escaped again in one way, parts of a multi-valued RDN in order. The order of the RDNs and the case of values count.
 * Undefined for what is no such name, OpenSSL's `/CN=…` among it.
 */
export function canonicalName(text: string): string | undefined {
  if (text.length > MOST_LENGTH) return undefined
  const names: string[] = []
  for (const rdn of splitUnescaped(text, ',')) {
    const parts: string[] = []
    for (const part of splitUnescaped(rdn, '+')) {
      const canonical = canonicalPart(part)
      if (canonical === undefined) return undefined
      parts.push(canonical)
    }
    names.push(parts.sort().join('+'))
  }
  return names.join(',')
}

function canonicalPart(part: string): string | undefined {
  const equals = part.indexOf('=')
  const type = trimUnescaped(part.slice(0, Math.max(equals, 0)))
  if (equals < 0 || !TYPE.test(type)) return undefined
  const value = unescapeValue(trimUnescaped(part.slice(equals + 1)))
  return value === undefined ? undefined : `${type.toUpperCase()}=${escapeValue(value)}`
}

function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === separator) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, text.slice(start)]
}

/**
 * Takes spaces away at both ends, but not one that is escaped. Only spaces: OpenSSL escapes those of a value, and no other character that looks
 * like one, so `CN=\u00a0admin` must not read as `CN=admin`.
 */
function trimUnescaped(text: string): string {
  let start = 0
  while (text[start] === ' ') start++
  let end = text.length
  while (end > start && text[end - 1] === ' ') end--
  let backslashes = 0
  while (text[end - 1 - backslashes] === '\\') backslashes++
  return text.slice(start, backslashes % 2 === 1 && end < text.length ? end + 1 : end)
}

function unescapeValue(text: string): string | undefined {
  const octets: number[] = []
  for (let i = 0; i < text.length; i++) {
    const character = String.fromCodePoint(text.codePointAt(i) ?? 0)
    i += character.length - 1
    if (character !== '\\') {
      // What must be escaped and is not leaves open where the value ends.
      if (SPECIAL.has(character)) return undefined
      octets.push(...Buffer.from(character))
      continue
    }
    const pair = text.slice(i + 1, i + 3)
    if (/^[0-9A-Fa-f]{2}$/.test(pair)) octets.push(Number.parseInt(pair, 16))
    else if (pair === '') return undefined
    else octets.push(...Buffer.from(pair.slice(0, 1)))
    i += /^[0-9A-Fa-f]{2}$/.test(pair) ? 2 : 1
  }
  return Buffer.from(octets).toString('utf8')
}

function escapeValue(value: string): string {
  let out = ''
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0
    if (SPECIAL.has(character)) out += `\\${character}`
    else if (code < 0x20 || code === 0x7f) out += `\\${code.toString(16).padStart(2, '0')}`
    else out += character
  }
  if (out.endsWith(' ')) out = `${out.slice(0, -1)}\\ `
  return out.startsWith(' ') || out.startsWith('#') ? `\\${out}` : out
}
