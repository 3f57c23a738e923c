import type { Fields } from './fields.ts'

/** No way is longer; more digits say no more. */
const MAX_DIGITS = 9

/**
 * Reads how often an OPTIONS request may still be forwarded (RFC 9110 section 7.6.2). Undefined where it does not say; null where
 * it says it twice or in something that is no number.
 */
export function maxForwardsOf(fields: Fields): number | undefined | null {
  const text = fields.first('max-forwards')
  if (text === undefined) return undefined
  if (fields.count('max-forwards') > 1) return null
  return text.length <= MAX_DIGITS && /^[0-9]+$/.test(text) ? Number(text) : null
}
