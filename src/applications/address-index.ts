import { isIP } from 'node:net'
import type { AddressRange } from '../settings/model.ts'

/** An address range and whose it is. */
export interface AddressEntry<T> {
  readonly owner: T
  readonly range: AddressRange
}

/** Finds the owners of the ranges that hold an address. */
export interface AddressIndex<T> {
  /** Returns the owners, each once; none for text that is no address. */
  ownersOf(address: string): readonly T[]
}

interface Interval<T> {
  readonly from: bigint
  readonly to: bigint
  readonly owner: T
}

/** What IPv4 is inside IPv6 (RFC 4291 section 2.5.5.2): one number line for both families. */
const MAPPED_IPV4 = 0xffffn << 32n

/**
 * Builds an index: intervals sorted by their start, with the furthest end of each half known, so that a look-up
 * among 10,000 ranges visits a few of them. A range with an unreadable address holds nothing.
 */
export function createAddressIndex<T>(entries: readonly AddressEntry<T>[]): AddressIndex<T> {
  const intervals = entries.flatMap(({ owner, range }): Interval<T>[] => {
    const bounds = toBounds(range)
    return bounds === undefined ? [] : [{ owner, from: bounds[0], to: bounds[1] }]
  })
  intervals.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
  const furthest = new Array<bigint>(intervals.length).fill(-1n)
  markFurthest(intervals, furthest, 0, intervals.length)

  return {
    ownersOf(address) {
      const owners = new Set<T>()
      const number = intervals.length === 0 ? undefined : toNumber(address)
      if (number !== undefined) collect(intervals, furthest, number, 0, intervals.length, owners)
      return [...owners]
    },
  }
}

/** Converts an address without brackets and zone to a number on the common line; undefined for anything else. */
export function toNumber(address: string): bigint | undefined {
  const family = isIP(address)
  if (family === 4) return MAPPED_IPV4 | toIpv4Number(address)
  if (family !== 6 || address.includes('%')) return undefined
  const lastColon = address.lastIndexOf(':')
  const tail = address.slice(lastColon + 1)
  if (!tail.includes('.')) return toIpv6Number(address)
  const low = toIpv4Number(tail)
  return toIpv6Number(`${address.slice(0, lastColon + 1)}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`)
}

function toIpv4Number(text: string): bigint {
  let number = 0n
  for (const part of text.split('.')) number = (number << 8n) | BigInt(part)
  return number
}

function toIpv6Number(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  let number = 0n
  for (const group of before) number = (number << 16n) | BigInt(`0x${group}`)
  number <<= 16n * BigInt(zeros)
  for (const group of after) number = (number << 16n) | BigInt(`0x${group}`)
  return number
}

function toBounds(range: AddressRange): readonly [bigint, bigint] | undefined {
  if (range.kind === 'range') {
    const from = toNumber(range.from)
    const to = toNumber(range.to)
    return from === undefined || to === undefined ? undefined : [from, to]
  }
  const address = toNumber(range.address)
  if (address === undefined) return undefined
  const bits = BigInt((range.address.includes(':') ? 128 : 32) - range.prefix)
  const from = (address >> bits) << bits
  return [from, from | ((1n << bits) - 1n)]
}

/** Fills `furthest[middle]` with the greatest end within [low, high), for the implicit tree that `collect` walks. */
function markFurthest<T>(intervals: readonly Interval<T>[], furthest: bigint[], low: number, high: number): bigint {
  if (low >= high) return -1n
  const middle = (low + high) >> 1
  const left = markFurthest(intervals, furthest, low, middle)
  const right = markFurthest(intervals, furthest, middle + 1, high)
  const own = intervals[middle]?.to ?? -1n
  const most = left > right ? (left > own ? left : own) : right > own ? right : own
  furthest[middle] = most
  return most
}

function collect<T>(
  intervals: readonly Interval<T>[],
  furthest: readonly bigint[],
  number: bigint,
  low: number,
  high: number,
  owners: Set<T>,
): void {
  if (low >= high) return
  const middle = (low + high) >> 1
  const interval = intervals[middle]
  if (interval === undefined || (furthest[middle] ?? -1n) < number) return
  collect(intervals, furthest, number, low, middle, owners)
  if (interval.from > number) return
  if (interval.to >= number) owners.add(interval.owner)
  collect(intervals, furthest, number, middle + 1, high, owners)
}
