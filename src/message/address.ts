import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'
import type { AddressRange } from '../settings/model.ts'

/** A set of IP addresses, made once from configuration. */
export interface AddressSet {
  readonly isEmpty: boolean
  /** Tells whether an address, as `normalizeAddress` writes it, is in the set. What is no address is in no set. */
  has(address: string): boolean
}

/**
 * Creates the set of all addresses in these ranges (both ends included). IPv4-mapped IPv6 addresses count as the IPv4 addresses
 * they stand for. Throws on ranges that are none: settings are checked before.
 */
export function createAddressSet(ranges: readonly AddressRange[]): AddressSet {
  const list = new BlockList()
  for (const range of ranges) {
    if (range.kind === 'block') list.addSubnet(range.address, range.prefix, familyOf(range.address))
    else list.addRange(range.from, range.to, familyOf(range.from))
  }
  return {
    isEmpty: ranges.length === 0,
    has: address => (isIPv4(address) ? list.check(address, 'ipv4') : isIPv6(address) && list.check(address, 'ipv6')),
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}

/**
 * Writes an IP address in its one form: IPv6 shortened (RFC 5952) and without zone, IPv4-mapped IPv6 as IPv4. Returns undefined
 * for anything else. Takes no brackets and no port.
 */
export function normalizeAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  if (!isIPv6(text)) return undefined
  const zone = text.indexOf('%')
  const { address } = new SocketAddress({ address: zone < 0 ? text : text.slice(0, zone), family: 'ipv6' })
  const mapped = address.startsWith('::ffff:') ? address.slice(7) : ''
  return isIPv4(mapped) ? mapped : address
}

/**
 * Names what one caller rarely has more than one of: an IPv4 address as it is, of an IPv6 address the network of 64 bits, within which
 * a host takes any address it likes. For counting; takes what `normalizeAddress` writes.
 */
export function siteOf(address: string): string {
  if (!address.includes(':')) return address
  const [before = '', after = ''] = address.split('::')
  const groups = before === '' ? [] : before.split(':')
  const missing = address.includes('::') ? 8 - groups.length - after.split(':').length : 0
  return [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...after.split(':')].slice(0, 4).join(':')
}
