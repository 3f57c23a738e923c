const TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/

/**
 * Parses a point in time as in RFC 3339 section 5.6, the offset needed: `2026-11-22T10:00:00Z`. Milliseconds since the epoch, finer
 * fractions rounded up; undefined for anything else, days that do not exist and leap seconds included.
 */
export function parseTime(text: string): number | undefined {
  const match = TIME.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) return undefined
  const offset = [Number(match[9] ?? 0), Number(match[10] ?? 0)] as const
  if (hour > 23 || minute > 59 || second > 59 || offset[0] > 23 || offset[1] > 59) return undefined
  const milliseconds = Math.ceil(Number(`0.${match[7] ?? '0'}`) * 1000)
  const eastMs = (match[8] === '-' ? -1 : 1) * (offset[0] * 60 + offset[1]) * 60_000
  return at.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds - eastMs
}

/** Writes milliseconds since the epoch as `parseTime` reads them, in UTC. */
export function formatTime(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
