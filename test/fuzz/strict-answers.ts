import { readChunked } from './strict-chunks.ts'

export interface StrictAnswer {
  readonly status: number
  /** Names in lower case; repeated ones joined by a line feed. */
  readonly fields: ReadonlyMap<string, string>
  readonly body: string
}

export interface StrictAnswers {
  /** The final ones, in order. */
  readonly answers: readonly StrictAnswer[]
  /** Interim ones. */
  readonly interim: number
  /** What is left over is an answer that was cut. */
  readonly cut: boolean
  /** What came that no gateway may send; undefined if nothing did. */
  readonly wrong?: string
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\t\x20-\x7e\x80-\xff]*$/
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)$/

/** Splits everything that came over a closed connection into answers, by the letter of RFC 9112. */
export function readAnswersStrictly(text: string, methods: readonly string[]): StrictAnswers {
  const answers: StrictAnswer[] = []
  let interim = 0
  let rest = text
  const end = (cut: boolean, wrong?: string): StrictAnswers => ({
    answers,
    interim,
    cut,
    ...(wrong !== undefined && { wrong }),
  })
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (headEnd < 0)
      return 'HTTP/1.1 '.startsWith(rest.slice(0, 9)) ? end(true) : end(true, `stray bytes ${quote(rest)}`)
    const [first = '', ...lines] = rest.slice(0, headEnd).split('\r\n')
    const status = Number(STATUS_LINE.exec(first)?.[1])
    if (Number.isNaN(status)) return end(false, `the status line ${quote(first)}`)
    const fields = new Map<string, string>()
    for (const line of lines) {
      const field = FIELD_LINE.exec(line)
      const name = field?.[1]?.toLowerCase()
      if (name === undefined) return end(false, `the field line ${quote(line)}`)
      const before = fields.get(name)
      fields.set(name, before === undefined ? (field?.[2] ?? '') : `${before}\n${field?.[2]}`)
    }
    rest = rest.slice(headEnd + 4)
    if (status < 200) {
      interim += 1
      if (status === 101) return end(false, 'an unasked 101')
      continue
    }
    const body = readBody(rest, fields, status, methods[answers.length] ?? 'GET')
    if (typeof body === 'string') return end(true, body === '' ? undefined : body)
    answers.push({ status, fields, body: body.content })
    rest = rest.slice(body.length)
  }
  return end(false)
}

/** A body; an empty text where it was cut, or what is wrong with it. */
function readBody(
  rest: string,
  fields: ReadonlyMap<string, string>,
  status: number,
  method: string,
): { readonly content: string; readonly length: number } | string {
  if (method === 'HEAD' || status === 204 || status === 304) return { content: '', length: 0 }
  const length = fields.get('content-length')
  const coding = fields.get('transfer-encoding')
  if (length !== undefined && coding !== undefined) return 'two framings'
  if (coding !== undefined) {
    if (coding !== 'chunked') return `the coding ${coding}`
    const read = readChunked(rest, 0)
    if (read.kind === 'wrong') return read.why
    return read.kind === 'incomplete' ? '' : { content: read.content, length: read.end }
  }
  if (length === undefined) return { content: rest, length: rest.length }
  if (!/^\d{1,15}$/.test(length)) return `the length ${length}`
  return rest.length < Number(length) ? '' : { content: rest.slice(0, Number(length)), length: Number(length) }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}
