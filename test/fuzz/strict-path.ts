/** What RFC 3986 section 3.3 allows in a segment, without `;`, which some servers cut off; escapes in upper case. */
const SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-F]{2})+$/
/** Escapes of what may stand raw (two spellings of one path), of structure, of controls, and escapes that hide another one. */
const SECOND_SPELLING = /%(?:4[0-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AEF]|3[0-9ABD]|2[146789ABCDEF]|5C|0[0-9A-F]|1[0-9A-F])/
const HIDDEN_ESCAPE = /%25(?:2[EF5]|5C|3B|[01][0-9A-F]|7F)/i

/** Tells why a path has more than one reading; undefined where it has one. Written from RFC 3986, not from `src`. */
export function nameSecondReading(path: string): string | undefined {
  const segments = path.split('/').slice(1)
  for (const [i, segment] of segments.entries()) {
    if (segment === '' && i === segments.length - 1) continue
    if (!SEGMENT.test(segment)) return `the segment ${JSON.stringify(segment)}`
    if (segment === '.' || segment === '..') return 'a dot segment'
    if (SECOND_SPELLING.test(segment)) return `the escape in ${segment}`
    if (HIDDEN_ESCAPE.test(segment)) return `the hidden escape in ${segment}`
  }
  return undefined
}
