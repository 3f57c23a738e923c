import { isIPv6 } from 'node:net'

/** Host and port of a request, as the caller named them, in lower case. */
export interface Authority {
  /** `host` or `host:port`, IPv6 in brackets; empty only for HTTP/1.0 requests without a Host field. */
  readonly authority: string
  /** Without port, without IPv6 brackets, without the dot that may end a full domain name. */
  readonly host: string
  readonly port: number | undefined
}

/** A domain name has at most 253 characters (RFC 1035 section 3.1); nothing longer can be ours. */
const MAX_HOST_LENGTH = 255

/**
 * Parses a Host value or the authority of an absolute-form target. Stricter than RFC 3986 section 3.2: no user information, no
 * escapes, no sub-delimiters, because peers disagree on what those name. Returns undefined where the value must be refused.
 */
export function parseAuthority(text: string): Authority | undefined {
  const lower = text.toLowerCase()
  const hostEnd = lower.startsWith('[') ? lower.indexOf(']') + 1 : endOfName(lower)
  if (hostEnd <= 0) return undefined
  const port = hostEnd === lower.length ? undefined : parsePort(lower, hostEnd)
  if (port === null) return undefined
  const host = lower.startsWith('[') ? lower.slice(1, hostEnd - 1) : trimEndDot(lower.slice(0, hostEnd))
  if (lower.startsWith('[') ? host.includes('%') || !isIPv6(host) : !isName(host)) return undefined
  const named = lower.startsWith('[') ? `[${host}]` : host
  return { authority: port === undefined ? named : `${named}:${port}`, host, port }
}

function endOfName(lower: string): number {
  const colon = lower.indexOf(':')
  return colon < 0 ? lower.length : colon
}

function trimEndDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** Reads `:port` up to the end. An empty port means none (RFC 3986 section 3.2.3); null means malformed. */
function parsePort(text: string, at: number): number | undefined | null {
  if (text.charCodeAt(at) !== 0x3a) return null
  const digits = text.length - at - 1
  if (digits === 0) return undefined
  if (digits > 5) return null
  let port = 0
  for (let i = at + 1; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return null
    port = port * 10 + digit
  }
  return port >= 1 && port <= 65535 ? port : null
}

/** Letters, digits, `-`, `_` and single dots between them. */
function isName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_HOST_LENGTH) return false
  let afterDot = true
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code === 0x2e) {
      if (afterDot) return false
      afterDot = true
      continue
    }
    afterDot = false
    const isAllowed = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f
    if (!isAllowed) return false
  }
  return !afterDot
}
