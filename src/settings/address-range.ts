import { isIP } from 'node:net'
import type { AddressRange } from './model.ts'
import { type Parsed, parsed, unparsable } from './parsed.ts'

const HELP = 'write an address, a block such as `10.0.0.0/24`, or a range such as `10.0.1.10-10.0.1.20`'

/** Parses one address, a CIDR block, or an inclusive range `from-to`; IPv4 or IPv6, without zone. */
export function parseAddressRange(text: string): Parsed<AddressRange> {
  const [address = '', prefix, more] = text.split('/')
  if (prefix !== undefined) {
    const bits = isIP(address) === 4 ? 32 : 128
    if (isIP(address) === 0 || more !== undefined) return unparsable('is not an address block', HELP)
    if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return unparsable(`needs a prefix from 0 to ${bits}`, HELP)
    return parsed({ kind: 'block', address, prefix: Number(prefix) })
  }
  const [from = '', to, rest] = text.split('-').map(part => part.trim())
  if (to === undefined) {
    const family = isIP(from)
    if (family === 0 || from.includes('%')) return unparsable('is not an address', HELP)
    return parsed({ kind: 'block', address: from, prefix: family === 4 ? 32 : 128 })
  }
  if (rest !== undefined || isIP(from) === 0 || isIP(to) === 0) return unparsable('is not an address range', HELP)
  if (isIP(from) !== isIP(to)) return unparsable('mixes IPv4 and IPv6', HELP)
  if (toNumber(from) > toNumber(to)) return unparsable('ends before it begins', HELP)
  return parsed({ kind: 'range', from, to })
}

/** Reads a valid address as a number, for comparing two of one family. */
function toNumber(address: string): bigint {
  if (isIP(address) === 4) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
  const [head = '', tail] = withoutEmbeddedIpv4(address).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

function withoutEmbeddedIpv4(address: string): string {
  const colon = address.lastIndexOf(':')
  const last = address.slice(colon + 1)
  if (!last.includes('.')) return address.split('%')[0] ?? address
  const value = toNumber(last)
  return `${address.slice(0, colon + 1)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
}
