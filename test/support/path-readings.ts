/**
 * Ways in which servers read a request target. Each is written from its specification or from what a known server does, none from
 * `src`: a gateway is right where all of them agree with it.
 */

export interface PathReading {
  readonly name: string
  /** Returns the path that such a server would look up. */
  read(target: string): string
}

/** Every reading. */
export const READINGS: readonly PathReading[] = [
  { name: 'as it stands', read: pathOf },
  { name: 'normalised by RFC 3986', read: target => removeDotSegments(normalizeEscapes(pathOf(target))) },
  { name: 'new URL(), behind an origin', read: target => readUrl(`http://host${target}`) },
  { name: 'new URL(), as a reference', read: target => readUrl(target, 'http://host/') },
  { name: 'decoded once', read: target => removeDotSegments(decode(pathOf(target))) },
  { name: 'decoded once before the query is cut off', read: target => removeDotSegments(pathOf(decode(target))) },
  { name: 'decoded twice', read: target => removeDotSegments(decode(decode(pathOf(target)))) },
  { name: 'decoded until nothing changes', read: target => removeDotSegments(decodeFully(pathOf(target))) },
  { name: 'dots resolved before decoding', read: target => decode(removeDotSegments(pathOf(target))) },
  { name: 'backslash as slash', read: target => removeDotSegments(decode(pathOf(target)).replaceAll('\\', '/')) },
  { name: 'without parameters', read: target => removeDotSegments(decode(dropParameters(pathOf(target)))) },
  { name: 'without decoded parameters', read: target => removeDotSegments(dropParameters(decode(pathOf(target)))) },
  { name: 'slashes merged', read: target => removeDotSegments(mergeSlashes(decode(pathOf(target)))) },
  { name: 'slashes merged after dots', read: target => mergeSlashes(removeDotSegments(decode(pathOf(target)))) },
  { name: 'in lower case', read: target => removeDotSegments(decode(pathOf(target)).toLowerCase()) },
  { name: 'cut at NUL', read: target => removeDotSegments(cutAtNul(decode(pathOf(target)))) },
  { name: 'cut at a control', read: target => removeDotSegments(cutAtControl(decode(pathOf(target)))) },
  { name: 'overlong UTF-8', read: target => removeDotSegments(decodeOverlong(decode(pathOf(target)))) },
  { name: '%u escapes', read: target => removeDotSegments(decode(decodeUnicode(pathOf(target)))) },
  {
    name: 'without spaces and dots at the ends of segments',
    read: target => removeDotSegments(trimSegments(decode(pathOf(target)))),
  },
  { name: 'everything at once', read: readEverything },
]

/** Says which of some prefixes a path lies under, at segment boundaries; undefined for none. */
export function prefixOf(path: string, prefixes: readonly string[]): string | undefined {
  return prefixes.find(prefix => path === prefix || path.startsWith(`${prefix}/`))
}

function readEverything(target: string): string {
  const decoded = decodeOverlong(decodeFully(decodeUnicode(pathOf(target)))).replaceAll('\\', '/')
  return removeDotSegments(mergeSlashes(dropParameters(cutAtControl(decoded)))).toLowerCase()
}

/** RFC 3986 section 3.3: the path ends at the first `?` or `#`. An absolute target begins with scheme and authority. */
function pathOf(target: string): string {
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '')
  return rest.replace(/[?#].*$/s, '')
}

function readUrl(text: string, base?: string): string {
  try {
    return new URL(text, base).pathname
  } catch {
    return ''
  }
}

/** RFC 3986 section 5.2.4, step by step as written there. */
export function removeDotSegments(path: string): string {
  let input = path
  let output = ''
  while (input !== '') {
    if (input.startsWith('../')) input = input.slice(3)
    else if (input.startsWith('./')) input = input.slice(2)
    else if (input.startsWith('/./')) input = input.slice(2)
    else if (input === '/.') input = '/'
    else if (input.startsWith('/../') || input === '/..') {
      input = input === '/..' ? '/' : input.slice(3)
      output = output.slice(0, Math.max(0, output.lastIndexOf('/')))
    } else if (input === '.' || input === '..') input = ''
    else {
      const next = input.indexOf('/', 1)
      const end = next < 0 ? input.length : next
      output += input.slice(0, end)
      input = input.slice(end)
    }
  }
  return output
}

/** RFC 3986 sections 6.2.2.1 and 6.2.2.2: escapes of unreserved characters decoded, the others in upper case. */
function normalizeEscapes(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, escaped => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : escaped.toUpperCase()
  })
}

/** Octet by octet; what is no escape stays. */
function decode(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function decodeFully(path: string): string {
  let text = path
  for (let turns = 0; turns < 8; turns++) text = decode(text)
  return text
}

/** Servlet containers cut `;…` off each segment. */
function dropParameters(path: string): string {
  return path.replace(/;[^/]*/g, '')
}

function mergeSlashes(path: string): string {
  return path.replace(/\/{2,}/g, '/')
}

function cutAtNul(path: string): string {
  return path.replace(/\0.*$/s, '')
}

function cutAtControl(path: string): string {
  return path.replace(/[\0-\x1f\x7f].*$/s, '')
}

/** Some file systems ignore them. */
function trimSegments(path: string): string {
  return path.replace(/([^/. ])[. ]+(?=\/|$)/g, '$1')
}

/** A decoder that takes any lead and continuation octets for a character, however few bits it has. */
function decodeOverlong(octets: string): string {
  return octets
    .replace(/[\xf0-\xf7]([\x80-\xbf])([\x80-\xbf])([\x80-\xbf])/g, (all, b: string, c: string, d: string) =>
      join(all.charCodeAt(0) & 7, b, c, d),
    )
    .replace(/[\xe0-\xef]([\x80-\xbf])([\x80-\xbf])/g, (all, b: string, c: string) =>
      join(all.charCodeAt(0) & 15, b, c),
    )
    .replace(/[\xc0-\xdf]([\x80-\xbf])/g, (all, b: string) => join(all.charCodeAt(0) & 31, b))
}

function join(lead: number, ...rest: readonly string[]): string {
  const code = rest.reduce((bits, octet) => bits * 64 + (octet.charCodeAt(0) & 63), lead)
  return code <= 0x10ffff ? String.fromCodePoint(code) : '?'
}

/** `%u002e`, as one vendor's servers wrote it. */
function decodeUnicode(path: string): string {
  return path.replace(/%u([0-9a-f]{4})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
