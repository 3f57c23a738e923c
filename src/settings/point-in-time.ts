import { parseTime } from '../clock/rfc3339.ts'
import { type Parsed, parsed, unparsable } from './parsed.ts'

/** Parses a point in time (RFC 3339 section 5.6) to milliseconds since the epoch. */
export function parsePointInTime(text: string): Parsed<number> {
  const at = parseTime(text)
  return at === undefined
    ? unparsable('is not a point in time', 'write day, time and offset as in `2026-11-22T10:00:00Z`')
    : parsed(at)
}
