/** A chunked body that came whole, that more must come, or what is wrong with it. */
export type ChunkedRead =
  | { readonly kind: 'whole'; readonly content: string /** Index behind it. */; readonly end: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'wrong'; readonly why: string }

/**
 * Size, extensions, end of line. RFC 9112 section 7.1.1 wants a name in front of each `=`; nobody takes the length of a chunk from its
 * extensions, so parsers that do not look for it (Node's is one) are right all the same.
 */
const SIZE_LINE =
  /^([0-9A-Fa-f]{1,16})(?:;(?:[;=!#$%&'*+.^_`|~0-9A-Za-z-]|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*")*)?$/
const TRAILER_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/

/** Reads a chunked body (RFC 9112 section 7.1) by the letter, from an index of a text (Latin-1). */
export function readChunked(text: string, from: number): ChunkedRead {
  let content = ''
  for (let at = from; ; ) {
    const end = text.indexOf('\r\n', at)
    const line = end < 0 ? text.slice(at) : text.slice(at, end)
    if (/[\r\n]./s.test(line) || line.includes('\n')) return wrong('a line end that is none')
    if (end < 0) return { kind: 'incomplete' }
    const size = SIZE_LINE.exec(line)?.[1]
    if (size === undefined) return wrong(`the chunk size ${JSON.stringify(line)}`)
    const octets = Number.parseInt(size, 16)
    if (octets === 0) return readTrailers(text, end + 2, content)
    const next = end + 2 + octets
    content += text.slice(end + 2, next)
    const mark = text.slice(next, next + 2)
    if (!'\r\n'.startsWith(mark)) return wrong('no line end behind a chunk')
    if (mark.length < 2) return { kind: 'incomplete' }
    at = next + 2
  }
}

function readTrailers(text: string, from: number, content: string): ChunkedRead {
  for (let at = from; ; ) {
    const end = text.indexOf('\r\n', at)
    const line = end < 0 ? text.slice(at) : text.slice(at, end)
    if (/[\r\n]./s.test(line) || line.includes('\n')) return wrong('a line end that is none')
    if (end < 0) return { kind: 'incomplete' }
    if (line === '') return { kind: 'whole', content, end: end + 2 }
    if (!TRAILER_LINE.test(line)) return wrong(`the trailer ${JSON.stringify(line)}`)
    at = end + 2
  }
}

function wrong(why: string): ChunkedRead {
  return { kind: 'wrong', why }
}
