import { isIPv6 } from 'node:net'
import type { ListenAddress } from './model.ts'
import { type Parsed, parsed, unparsable } from './parsed.ts'

const HELP = 'write a port (`4485`: all addresses), `127.0.0.1:4485`, or `"[::1]:4485"`'
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/

/** Parses a port number, a port in a string, `host:port` or `[IPv6]:port`. No host (or an empty one) means all addresses. */
export function parseListenAddress(value: string | number): Parsed<ListenAddress> {
  if (typeof value === 'number') return parsePort(String(value), undefined)
  const colon = value.lastIndexOf(':')
  if (colon === -1) return parsePort(value, undefined)
  const host = value.slice(0, colon)
  const port = value.slice(colon + 1)
  if (host === '') return parsePort(port, undefined)
  if (host.startsWith('[') && host.endsWith(']')) {
    const address = host.slice(1, -1)
    return isIPv6(address) ? parsePort(port, address) : unparsable('holds no IPv6 address in its brackets', HELP)
  }
  if (host.includes(':')) return unparsable('holds an IPv6 address without brackets', HELP)
  return HOST.test(host) ? parsePort(port, host) : unparsable('is not a listening address', HELP)
}

function parsePort(text: string, host: string | undefined): Parsed<ListenAddress> {
  if (!/^\d{1,10}$/.test(text)) return unparsable('holds no port', HELP)
  const port = Number(text)
  return port <= 65_535 ? parsed({ host, port }) : unparsable('must be at most 65535', 'ports end at 65535')
}
