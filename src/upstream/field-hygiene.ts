/**
 * Which fields leave the gateway, in either direction. Order matters and is fixed (quality.md, security 5): out goes what is
 * connection-specific or named in `Connection`, then every identity field of ours in any spelling, then ours come in, then the
 * policies' edits. Framing is never copied. Pure functions; the upstream's and the echo's targets call them.
 */
import type { Edit, Exchange } from '../exchange/exchange.ts'
import type { Fields } from '../message/fields.ts'
import type { FieldRules } from './field-names.ts'
import { toCanonicalName } from './field-names.ts'
import type { ForwardingWriter } from './forwarded.ts'

/** What may stand in a field value (RFC 9110 section 5.5): no CR, LF, NUL or other control, nothing beyond Latin-1. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/

/** Tells whether a value must not be sent as a field value. */
export function isUnsendable(value: string): boolean {
  return UNSENDABLE.test(value)
}

/**
 * Makes the fields of the upstream request: name, value, name, value, … Unrelated fields keep their order and spelling.
 * `Host` and the framing are not among them: the caller of this function adds them from what it knows.
 */
export function upstreamFields(exchange: Exchange, rules: FieldRules, forwarding: ForwardingWriter): string[] {
  const { head } = exchange
  const { lines, names } = head.fields
  const named = namedInConnection(head.fields)
  const trusted = forwarding.isTrusted(head.peer)
  const out: string[] = []
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    const fate = rules.ofRequest(name)
    if (fate === 'drop' || (fate === 'drop_unless_trusted' && !trusted)) continue
    if (named?.has(name)) continue
    out.push(lines[2 * i] as string, lines[2 * i + 1] as string)
  }
  forwarding.append(out, head)
  out.push('via', forwarding.via[head.httpVersion], 'x-request-id', exchange.id)
  if (head.method === 'OPTIONS') countDown(out)
  return exchange.edits.length === 0 ? out : applyEdits(out, exchange.edits)
}

/** RFC 9110 section 7.6.2: one forwarding less. What is no number was refused with the head; 0 never gets here. */
function countDown(fields: string[]): void {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i]?.toLowerCase() === 'max-forwards') fields[i + 1] = String(Number(fields[i + 1]) - 1)
  }
}

/** Collects the field names that `Connection` lists (RFC 9110 section 7.6.1); undefined where it lists none. */
function namedInConnection(fields: Fields): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined
  for (let at = fields.names.indexOf('connection'); at >= 0; at = fields.names.indexOf('connection', at + 1)) {
    named = addOptions(fields.lines[2 * at + 1] as string, named)
  }
  return named
}

function addOptions(value: string, named: Set<string> | undefined): Set<string> | undefined {
  if (value === 'keep-alive' || value === 'close' || value === 'Upgrade') return named
  const all = named ?? new Set<string>()
  for (const option of value.split(',')) all.add(option.trim().toLowerCase())
  return all
}

/** A name that is set or removed takes every other spelling of it away. */
function applyEdits(fields: string[], edits: readonly Edit[]): string[] {
  let out = fields
  for (const edit of edits) {
    if ('set' in edit) {
      out = withoutName(out, edit.set)
      out.push(edit.set, edit.to)
    } else out = withoutName(out, edit.remove)
  }
  return out
}

function withoutName(fields: string[], name: string): string[] {
  const canonical = toCanonicalName(name)
  let kept = 0
  for (let i = 0; i < fields.length; i += 2) {
    const candidate = fields[i] as string
    if (candidate.length === canonical.length && toCanonicalName(candidate.toLowerCase()) === canonical) continue
    fields[kept] = candidate
    fields[kept + 1] = fields[i + 1] as string
    kept += 2
  }
  fields.length = kept
  return fields
}

/** The fields of an upstream's answer as undici hands them over: lower-case names, in order of first appearance. */
export type ResponseFields = Readonly<Record<string, string | readonly string[] | undefined>>

/** What every answer needs besides the upstream's own fields; one value per target. */
export interface AnswerContext {
  readonly rules: FieldRules
  /** Now, as an HTTP date; asked for only where the answer has none (RFC 9110 section 6.6.1). */
  readonly date: () => string
}

/**
 * Makes the fields of the answer to the caller: name, value, name, value, … Several lines of one name stay several lines.
 *
 * @returns undefined where the answer cannot be passed on safely: a status above 599, a transfer coding other than `chunked` (its
 * bytes would lose their meaning), two lengths, or a value that must not be sent.
 */
export function downstreamFields(
  fields: ResponseFields,
  status: number,
  context: AnswerContext,
  requestId: string,
): string[] | undefined {
  const { rules } = context
  // RFC 9110 section 15: no such status exists, and readers differ in what they make of it.
  if (status > 599 || !isPlainlyFramed(fields)) return undefined
  const named = namedInAnswer(fields['connection'])
  const out: string[] = []
  for (const name in fields) {
    if (rules.ofResponse(name) === 'drop' || named?.has(name)) continue
    // RFC 9110 section 8.6: an answer that has no content by definition has no length.
    if (name === 'content-length' && (status === 204 || status < 200)) continue
    const value = fields[name] as string | readonly string[]
    if (typeof value === 'string') {
      if (UNSENDABLE.test(value)) return undefined
      out.push(name, value)
    } else {
      for (const line of value) {
        if (UNSENDABLE.test(line)) return undefined
        out.push(name, line)
      }
    }
  }
  if (status === 426 && !offerUpgrade(out, fields['upgrade'])) return undefined
  if (fields['date'] === undefined) out.push('date', context.date())
  out.push('x-request-id', requestId)
  return out
}

/** RFC 9110 section 15.5.22: 426 says which protocol it takes. Every other answer's offer ends here, with its connection. */
function offerUpgrade(out: string[], protocols: string | readonly string[] | undefined): boolean {
  if (protocols === undefined) return true
  const list = typeof protocols === 'string' ? protocols : protocols.join(', ')
  if (UNSENDABLE.test(list)) return false
  out.push('upgrade', list)
  return true
}

function isPlainlyFramed(fields: ResponseFields): boolean {
  const coding = fields['transfer-encoding']
  if (coding !== undefined && (typeof coding !== 'string' || coding.toLowerCase() !== 'chunked')) return false
  const length = fields['content-length']
  return length === undefined || (coding === undefined && typeof length === 'string')
}

function namedInAnswer(connection: string | readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined) return undefined
  return addOptions(typeof connection === 'string' ? connection : connection.join(','), undefined)
}
