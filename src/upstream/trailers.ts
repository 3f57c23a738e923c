/**
 * Fields behind a body. They are judged like the fields of an answer's head and never become part of it: whoever reads a trailer as a
 * head field could be told anything after the decision was made (RFC 9110 section 6.5).
 */
import type { Fields } from '../message/fields.ts'
import type { ResponseFields } from './field-hygiene.ts'
import { isUnsendable } from './field-hygiene.ts'
import type { FieldRules } from './field-names.ts'

/** Most trailer lines of one answer. */
export const MAX_TRAILERS = 64
/** Most bytes of names and values together. */
export const MAX_TRAILER_BYTES = 16 * 1024

/** Fields that mean something only in a head: framing, routing, caching, authentication, content (RFC 9110 section 6.5.1). */
const HEAD_ONLY: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expires',
  'location',
  'retry-after',
  'set-cookie',
  'strict-transport-security',
  'vary',
  'via',
  'www-authenticate',
])

/**
 * Makes the trailers that may follow an answer: name, value, name, value, …, lower case. Fields that belong into a head, and those that
 * no answer may have, are left out.
 *
 * @returns undefined where they cannot be passed on safely: too many, too large, or a value that must not be sent.
 */
export function cleanTrailers(fields: ResponseFields, rules: FieldRules): readonly string[] | undefined {
  const out: string[] = []
  let bytes = 0
  for (const written in fields) {
    const value = fields[written]
    const name = written.toLowerCase()
    if (value === undefined || name.startsWith(':') || HEAD_ONLY.has(name) || rules.ofResponse(name) === 'drop')
      continue
    for (const line of typeof value === 'string' ? [value] : value) {
      bytes += name.length + line.length
      if (bytes > MAX_TRAILER_BYTES || out.length >= 2 * MAX_TRAILERS || isUnsendable(line)) return undefined
      out.push(name, line)
    }
  }
  return out
}

/** Tells whether the caller wants trailers (RFC 9110 section 10.1.4); gRPC servers refuse who does not. */
export function acceptsTrailers(fields: Fields): boolean {
  return fields.all('te').some(value =>
    value
      .toLowerCase()
      .split(',')
      .some(coding => coding.trim() === 'trailers'),
  )
}
