import { type Parsed, parsed, unparsable } from './parsed.ts'

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}
const QUANTITY = /^(\d{1,15}(?:\.\d{1,9})?) ?([A-Za-z]{1,8})$/
const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/

export const DURATION_HELP = 'write a number and a unit: ms, s, m, h or d, as in `30s` or `5m`'
export const SIZE_HELP = 'write a number and a unit: B, KiB, MiB, GiB (or kB, MB, GB), as in `16KiB`'

/** Parses a duration such as `250ms`, `1.5s`, `5m`, `24h`, `7d` to milliseconds; zero is left to the caller to refuse. */
export function parseDurationOrZero(text: string): Parsed<number> {
  return parseQuantity(text, MILLISECONDS, 'a duration', DURATION_HELP)
}

/** Parses a duration that must be longer than nothing, to milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  const duration = parseDurationOrZero(text)
  return duration.ok && duration.value < 1 ? unparsable('must be longer than zero', DURATION_HELP) : duration
}

/** Parses a size such as `512B`, `16KiB`, `10MB` to octets; at least one. */
export function parseSize(text: string): Parsed<number> {
  const size = parseQuantity(text, BYTES, 'a size', SIZE_HELP)
  return size.ok && size.value < 1 ? unparsable('must be more than zero', SIZE_HELP) : size
}

/** Parses a number of workers that came as text (from the environment), or `auto`: one per core. */
export function parseWorkerCount(text: string): Parsed<number | 'auto'> {
  if (text === 'auto') return parsed('auto')
  return /^[1-9]\d{0,2}$/.test(text) ? parsed(Number(text)) : unparsable('must be a whole number or `auto`')
}

function parseQuantity(
  text: string,
  units: Readonly<Record<string, number>>,
  noun: string,
  help: string,
): Parsed<number> {
  if (NUMBER.test(text)) return unparsable('needs a unit', help)
  const [, digits, unit] = QUANTITY.exec(text) ?? []
  if (digits === undefined || unit === undefined) return unparsable(`is not ${noun}`, help)
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined
  if (factor === undefined) return unparsable(`has an unknown unit \`${unit}\``, help)
  const value = Math.round(Number(digits) * factor)
  return Number.isSafeInteger(value) ? parsed(value) : unparsable('is too large', help)
}
