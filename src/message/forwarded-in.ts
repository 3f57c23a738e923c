/**
 * What trusted proxies say about the caller: Forwarded (RFC 7239) and X-Forwarded-For, -Proto, -Host. Fields of a peer that is not
 * a configured proxy are never read: a caller must not choose its own address or scheme (threats.md 1.5, "trusted headers decide").
 * `server/read-head.ts` calls it.
 */
import { type Denial, deny, ok, type Result } from '../errors/denial.ts'
import { type AddressSet, normalizeAddress } from './address.ts'
import { parseAuthority } from './authority.ts'
import type { Fields } from './fields.ts'
import { type ForwardedElement, parseForwarded, trimSpace } from './forwarded-field.ts'
import type { Peer } from './request-head.ts'

/** The caller as the trusted proxies saw it. */
export interface Forwarding {
  /** The rightmost hop that is not a trusted proxy; where all are, the leftmost. */
  readonly clientAddress: string
  /** Undefined where no trusted proxy told. */
  readonly scheme: 'http' | 'https' | undefined
  /** Host and port, lower case; undefined where no trusted proxy told. */
  readonly authority: string | undefined
}

interface Told {
  readonly clientAddress: string | undefined
  readonly scheme: string | undefined
  readonly authority: string | undefined
}

const NOTHING_TOLD: Told = { clientAddress: undefined, scheme: undefined, authority: undefined }

/**
 * Reads the forwarding fields of a request whose peer is a trusted proxy. Forwarded and X-Forwarded-* that tell different things,
 * and values that cannot be read, are `request.forwarding_contradictory`: nobody can know which one is true.
 */
export function readForwarding(fields: Fields, peer: Peer, trusted: AddressSet): Result<Forwarding> {
  const standard = fields.count('forwarded') === 0 ? NOTHING_TOLD : readStandard(fields, peer, trusted)
  if (standard === undefined) return refuse('forwarded_malformed')
  const legacy = readLegacy(fields, peer, trusted)

  const scheme = agree(readScheme(standard.scheme), readScheme(legacy.scheme))
  if (!scheme.ok) return scheme.value === null ? refuse('scheme_malformed') : refuse('scheme')
  const authority = agree(readAuthority(standard.authority), readAuthority(legacy.authority))
  if (!authority.ok) return authority.value === null ? refuse('host_malformed') : refuse('host')
  const address = agree(standard.clientAddress, legacy.clientAddress)
  if (!address.ok) return refuse('address')
  return ok({
    clientAddress: address.value ?? peer.address,
    scheme: scheme.value === 'https' || scheme.value === 'http' ? scheme.value : undefined,
    authority: authority.value ?? undefined,
  })
}

function refuse(reason: string): { readonly ok: false; readonly error: Denial } {
  return deny('request.forwarding_contradictory', { reason })
}

/** Two accounts of one fact: undefined says nothing, null cannot be read. */
function agree(
  one: string | undefined | null,
  other: string | undefined | null,
): { readonly ok: boolean; readonly value: string | undefined | null } {
  if (one === null || other === null) return { ok: false, value: null }
  return { ok: one === undefined || other === undefined || one === other, value: one ?? other }
}

function readStandard(fields: Fields, peer: Peer, trusted: AddressSet): Told | undefined {
  const elements = parseForwarded(fields.all('forwarded'))
  if (elements === undefined) return undefined
  const told = elements.map(element => element.for)
  const hop = walk(told, peer, trusted)
  return {
    clientAddress: told.some(name => name !== undefined) ? hop.address : undefined,
    scheme: nearest(elements, hop.index, element => element.proto),
    authority: nearest(elements, hop.index, element => element.host),
  }
}

/** The word of the proxy that spoke with the caller, or of the next one on the way to us that said something. */
function nearest(
  elements: readonly ForwardedElement[],
  from: number,
  pick: (element: ForwardedElement) => string | undefined,
): string | undefined {
  for (const element of elements.slice(from)) {
    const value = pick(element)
    if (value !== undefined) return value
  }
  return undefined
}

function readLegacy(fields: Fields, peer: Peer, trusted: AddressSet): Told {
  const hops = listOf(fields, 'x-forwarded-for')
  const hop = walk(hops, peer, trusted)
  const distance = hops.length - 1 - hop.index
  return {
    clientAddress: hops.length === 0 ? undefined : hop.address,
    scheme: atDistance(listOf(fields, 'x-forwarded-proto'), distance),
    authority: atDistance(listOf(fields, 'x-forwarded-host'), distance),
  }
}

function listOf(fields: Fields, name: string): readonly string[] {
  const items: string[] = []
  for (const value of fields.all(name)) {
    for (const item of value.split(',')) {
      const trimmed = trimSpace(item)
      if (trimmed !== '') items.push(trimmed)
    }
  }
  return items
}

/** The entry that the same proxy wrote as the caller's address: what lies further left came from the caller. */
function atDistance(items: readonly string[], distance: number): string | undefined {
  return items[Math.max(0, items.length - 1 - Math.max(0, distance))]
}

/** Walks from the right over trusted proxies; a hop without a readable address ends the walk at the hop that named it. */
function walk(
  hops: readonly (string | undefined)[],
  peer: Peer,
  trusted: AddressSet,
): { readonly address: string; readonly index: number } {
  let address = peer.address
  let index = Math.max(0, hops.length - 1)
  for (let i = hops.length - 1; i >= 0; i--) {
    index = i
    const hop = addressOfNode(hops[i])
    if (hop === undefined) break
    address = hop
    if (!trusted.has(hop)) break
  }
  return { address, index }
}

/** Reads the address of `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80` (RFC 7239 section 6). */
export function addressOfNode(node: string | undefined): string | undefined {
  if (node === undefined) return undefined
  if (node.startsWith('[')) {
    const end = node.indexOf(']')
    const rest = node.slice(end + 1)
    return end > 0 && (rest === '' || rest.startsWith(':')) ? normalizeAddress(node.slice(1, end)) : undefined
  }
  const colon = node.indexOf(':')
  const isIPv4WithPort = colon > 0 && node.indexOf(':', colon + 1) < 0
  return normalizeAddress(isIPv4WithPort ? node.slice(0, colon) : node)
}

function readScheme(text: string | undefined): 'http' | 'https' | undefined | null {
  switch (text?.toLowerCase()) {
    case undefined:
      return undefined
    case 'http':
    case 'ws':
      return 'http'
    case 'https':
    case 'wss':
      return 'https'
    default:
      return null
  }
}

function readAuthority(text: string | undefined): string | undefined | null {
  if (text === undefined) return undefined
  return parseAuthority(text)?.authority ?? null
}
