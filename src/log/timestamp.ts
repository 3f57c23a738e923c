import type { Clock } from '../clock/clock.ts'

/**
 * Creates a function that writes the current time as RFC 3339 with milliseconds, in UTC. Dear formatting happens once a second:
 * the access log asks for it with every request.
 */
export function createTimestamp(clock: Clock): (atMs?: number) => string {
  let second = Number.NaN
  let prefix = ''
  return (atMs = clock.now()) => {
    const whole = Math.floor(atMs / 1000)
    if (whole !== second) {
      second = whole
      prefix = new Date(whole * 1000).toISOString().slice(0, -4)
    }
    const milliseconds = Math.floor(atMs - whole * 1000)
    return `${prefix}${milliseconds < 10 ? '00' : milliseconds < 100 ? '0' : ''}${milliseconds}Z`
  }
}
