/**
 * The one canonical form of a request path. It is computed once and then matched, authorised, rewritten, logged and forwarded:
 * a gateway falls where it judges one form and forwards another (threats.md 1.5). What has two readings has no canonical form.
 * Nothing is repaired here: no dot segment is resolved, no slash merged, no character encoded.
 */

/** Kinds of characters; 0 is refused. */
const PLAIN = 1
const SEPARATOR = 2
const ESCAPE = 3

const SLASH = 0x2f
const DOT = 0x2e
const PERCENT = 0x25

/** What RFC 3986 section 3.3 allows raw in a path, without `;`: servers disagree on whether parameters are part of the path. */
const PATH_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@"
/** Bytes whose escape a server may read as structure: `/`, `\`, `.` and `;`. */
const STRUCTURE = '/\\.;'

const KINDS: Readonly<Uint8Array> = createKinds()

function createKinds(): Uint8Array {
  const kinds = new Uint8Array(128)
  for (const character of PATH_CHARACTERS) kinds[character.charCodeAt(0)] = PLAIN
  kinds[SLASH] = SEPARATOR
  kinds[PERCENT] = ESCAPE
  return kinds
}

/**
 * Computes the canonical form of a raw path (without query): escapes of characters that may stand raw in a path decoded (`%41`, and
 * `%3A` too: nearly every server reads it as `:`, so a route for `/items:cancel` must see it), all others in upper-case
 * hex. Returns the very same string where nothing has to change, undefined where the path must be refused
 * (`request.path_invalid`): not absolute, empty or dot segments, `\`, `;`, raw characters outside RFC 3986, broken escapes,
 * escapes of separators, dots or controls, escapes that hide another such escape, and escapes that are not UTF-8.
 */
export function canonicalPath(raw: string): string | undefined {
  const { length } = raw
  if (length === 0 || raw.charCodeAt(0) !== SLASH) return undefined
  let hasEscapes = false
  let segment = 1
  for (let i = 1; i < length; i++) {
    const kind = KINDS[raw.charCodeAt(i)]
    if (kind === PLAIN) continue
    if (kind === SEPARATOR) {
      if (i === segment || isDotSegment(raw, segment, i)) return undefined
      segment = i + 1
    } else if (kind === ESCAPE) hasEscapes = true
    else return undefined
  }
  if (isDotSegment(raw, segment, length)) return undefined
  return hasEscapes ? normalizeEscapes(raw) : raw
}

function isDotSegment(raw: string, from: number, to: number): boolean {
  if (raw.charCodeAt(from) !== DOT) return false
  return to - from === 1 || (to - from === 2 && raw.charCodeAt(from + 1) === DOT)
}

function normalizeEscapes(raw: string): string | undefined {
  let text = ''
  let copied = 0
  for (let i = raw.indexOf('%'); i >= 0; i = raw.indexOf('%', copied)) {
    const byte = byteAt(raw, i)
    if (byte < 0) return undefined
    text += raw.slice(copied, i)
    if (byte < 0x80) {
      const piece = normalizeAscii(byte)
      if (piece === undefined) return undefined
      text += piece
      copied = i + 3
    } else {
      const end = endOfSequence(raw, i, byte)
      if (end < 0) return undefined
      text += raw.slice(i, end).toUpperCase()
      copied = end
    }
  }
  text += raw.slice(copied)
  return hidesEscape(text) ? undefined : text
}

function normalizeAscii(byte: number): string | undefined {
  if (byte < 0x20 || byte === 0x7f) return undefined
  const character = String.fromCharCode(byte)
  if (STRUCTURE.includes(character)) return undefined
  return KINDS[byte] === PLAIN ? character : escapeOf(byte)
}

/** `%252F` becomes a separator in a server that decodes twice. */
function hidesEscape(text: string): boolean {
  for (let i = text.indexOf('%25'); i >= 0; i = text.indexOf('%25', i + 3)) {
    const byte = hexAt(text, i + 3)
    if (byte < 0) continue
    if (byte < 0x20 || byte === 0x7f || byte === PERCENT || STRUCTURE.includes(String.fromCharCode(byte))) return true
  }
  return false
}

/**
 * Finds the end of the escaped UTF-8 sequence that begins at `at` with `lead`; -1 where it is none (RFC 3629 section 4). Lenient
 * decoders read overlong forms such as `%C0%AF` as a slash.
 */
function endOfSequence(raw: string, at: number, lead: number): number {
  const size =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
  if (size === 0) return -1
  for (let k = 1; k < size; k++) {
    const byte = byteAt(raw, at + 3 * k)
    const lowest = k === 1 ? (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80) : 0x80
    const highest = k === 1 ? (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf) : 0xbf
    if (byte < lowest || byte > highest) return -1
  }
  return at + 3 * size
}

/** The byte that the escape at `at` stands for; -1 where there is no complete escape. */
function byteAt(text: string, at: number): number {
  return text.charCodeAt(at) === PERCENT ? hexAt(text, at + 1) : -1
}

function hexAt(text: string, at: number): number {
  if (at + 2 > text.length) return -1
  const high = hexDigit(text.charCodeAt(at))
  const low = hexDigit(text.charCodeAt(at + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function escapeOf(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
