/**
 * Reads what the gateway sends upstream, by the letter of RFC 9112 and with nothing forgiven: whatever this refuses, some server
 * behind a gateway reads in another way. Written from the RFC, not from `src`.
 */
import { type ChunkedRead, readChunked } from './strict-chunks.ts'

/** One request that came whole. */
export interface StrictRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>
  readonly body: string
  /** Characters that it took. */
  readonly length: number
}

/** A request, that more must come, or what is wrong. */
export type StrictRead =
  | { readonly kind: 'request'; readonly request: StrictRequest }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'wrong'; readonly why: string }

const INCOMPLETE: StrictRead = { kind: 'incomplete' }
const REQUEST_LINE = /^([A-Z][A-Z-]*) (\/[!-"$->@-~]*)(\?[!-"$-~]*)? HTTP\/1\.1$/
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)$/
/** Fields that there may be one of. */
const SINGLE = ['host', 'content-length', 'transfer-encoding', 'authorization', 'connection', 'upgrade']
/** Fields of one connection, which a gateway does not pass on (RFC 9110 section 7.6.1). */
const HOP_BY_HOP = [
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'proxy-authorization',
  'expect',
  'http2-settings',
]

/** Reads the first request of a text (Latin-1). */
export function readStrictly(text: string): StrictRead {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return /[\r\n]{3}|^[\r\n]/.test(text) ? wrong('a line end in the wrong place') : INCOMPLETE
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const line = REQUEST_LINE.exec(first)
  if (line === null) return wrong(`the request line ${JSON.stringify(first)}`)
  const fields = new Map<string, string>()
  for (const each of lines) {
    const field = FIELD_LINE.exec(each)
    const name = field?.[1]?.toLowerCase()
    if (name === undefined) return wrong(`the field line ${JSON.stringify(each)}`)
    if (fields.has(name) && SINGLE.includes(name)) return wrong(`${name} twice`)
    fields.set(name, field?.[2] ?? '')
  }
  const unwanted = HOP_BY_HOP.find(name => fields.has(name))
  if (unwanted !== undefined) return wrong(`the field ${unwanted} was passed on`)
  if (!fields.has('host')) return wrong('no host')
  const body = readBody(fields, text, end + 4)
  if (body.kind !== 'whole') return body
  const [, method = '', path = '', query = ''] = line
  return { kind: 'request', request: { method, path, query, fields, body: body.content, length: body.end } }
}

function readBody(fields: ReadonlyMap<string, string>, text: string, from: number): ChunkedRead {
  const length = fields.get('content-length')
  const coding = fields.get('transfer-encoding')
  if (length !== undefined && coding !== undefined) return wrong('two framings')
  if (coding !== undefined) return coding === 'chunked' ? readChunked(text, from) : wrong(`the coding ${coding}`)
  if (length !== undefined && !/^(?:0|[1-9]\d{0,15})$/.test(length)) return wrong(`the length ${length}`)
  const end = from + Number(length ?? 0)
  return text.length < end ? { kind: 'incomplete' } : { kind: 'whole', content: text.slice(from, end), end }
}

function wrong(why: string): { readonly kind: 'wrong'; readonly why: string } {
  return { kind: 'wrong', why }
}
