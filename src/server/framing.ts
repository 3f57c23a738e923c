import { type Denial, deny, ok, type Result } from '../errors/denial.ts'
import { trimSpace } from '../message/forwarded-field.ts'
import type { Framing, RequestHead } from '../message/request-head.ts'
import type { FieldScan } from './field-scan.ts'

const NO_BODY: { readonly ok: true; readonly value: Framing } = ok({ kind: 'none' })
const CHUNKED: { readonly ok: true; readonly value: Framing } = ok({ kind: 'chunked' })
/** Digits of the longest length that a number keeps exact. */
const MAX_DIGITS = 15

/**
 * Tells how the end of the body is known (RFC 9112 section 6.3): one decimal Content-Length, or exactly `chunked` on HTTP/1.1, or
 * no body. Everything else is refused, whatever the parser made of it: the next server may make something else of it.
 */
export function readFraming(scan: FieldScan, httpVersion: RequestHead['httpVersion']): Result<Framing> {
  const { contentLength, transferEncoding, repeated } = scan
  if (repeated === 'content-length' || repeated === 'transfer-encoding') return ambiguous(`${repeated}_repeated`)
  if (transferEncoding === undefined) return contentLength === undefined ? NO_BODY : readLength(contentLength)
  if (contentLength !== undefined) return ambiguous('both')
  if (httpVersion === '1.0') return ambiguous('transfer_encoding_in_1.0')
  return readCodings(transferEncoding)
}

function readCodings(value: string): Result<Framing> {
  const codings = value.toLowerCase()
  if (codings === 'chunked') return CHUNKED
  const list = codings.split(',').map(trimSpace)
  if (list.length === 1 && list[0] === 'chunked') return CHUNKED
  // RFC 9112 section 6.1: a body whose end is known, in a coding that is not.
  const isOther = list.at(-1) === 'chunked' && list.slice(0, -1).every(coding => coding !== '' && coding !== 'chunked')
  return isOther ? deny('request.coding_unknown') : ambiguous('transfer_encoding')
}

function readLength(value: string): Result<Framing> {
  const digits = trimSpace(value)
  if (digits.length === 0 || digits.length > MAX_DIGITS) return ambiguous('content_length')
  let bytes = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return ambiguous('content_length')
    bytes = bytes * 10 + digit
  }
  return ok({ kind: 'length', bytes })
}

function ambiguous(reason: string): { readonly ok: false; readonly error: Denial } {
  return deny('request.ambiguous_framing', { reason })
}
