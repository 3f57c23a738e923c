/**
 * What an upstream learns about the way of a request: `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `Forwarded` (RFC 7239), and `Via`.
 * Both families are made from one view, so that they never contradict each other. Earlier hops are kept only if the peer is a
 * trusted proxy (threats.md 3.29).
 */
import type { Fields } from '../message/fields.ts'
import { addressOfNode } from '../message/forwarded-in.ts'
import type { Peer, RequestHead } from '../message/request-head.ts'

/** Addresses whose word about earlier hops is believed. */
export interface TrustedProxies {
  has(address: string): boolean
}

/** Writes the forwarding fields; one value per snapshot. */
export interface ForwardingWriter {
  /** What goes into `Via`, by the version that the request came in (RFC 9110 section 7.6.3). */
  readonly via: Readonly<Record<RequestHead['httpVersion'], string>>
  /** Tells whether the peer of this request may speak about earlier hops. */
  isTrusted(peer: Peer): boolean
  /** Appends name, value, name, value, … to the fields that go upstream. */
  append(out: string[], head: RequestHead): void
}

/** What is known of one connection; the lines are those of its latest request, mostly the same for all of them. */
interface ConnectionView {
  readonly trusted: boolean
  readonly node: string
  authority: string
  scheme: string
  lines: readonly string[]
}

/**
 * Creates the writer of forwarding fields.
 *
 * @param pseudonym what this gateway calls itself in `Via`; without a host name
 */
export function createForwarding(trustedProxies: TrustedProxies, pseudonym = 'microgateway'): ForwardingWriter {
  const views = new WeakMap<Peer, ConnectionView>()
  const viewOf = (peer: Peer): ConnectionView => {
    let view = views.get(peer)
    if (view === undefined) {
      view = {
        trusted: trustedProxies.has(peer.address),
        node: toNode(peer.address),
        authority: '',
        scheme: '',
        lines: [],
      }
      views.set(peer, view)
    }
    return view
  }
  return {
    via: { '1.0': `1.0 ${pseudonym}`, '1.1': `1.1 ${pseudonym}`, '2.0': `2.0 ${pseudonym}` },
    isTrusted: peer => viewOf(peer).trusted,
    append(out, head) {
      const view = viewOf(head.peer)
      if (view.trusted) {
        appendAll(out, linesBehindProxy(head, view.node))
        return
      }
      if (view.authority !== head.authority || view.scheme !== head.scheme) {
        view.authority = head.authority
        view.scheme = head.scheme
        view.lines = linesOfFirstHop(head, view.node)
      }
      appendAll(out, view.lines)
    },
  }
}

function appendAll(out: string[], lines: readonly string[]): void {
  for (const line of lines) out.push(line)
}

function linesOfFirstHop(head: RequestHead, node: string): readonly string[] {
  return toLines(
    head.peer.address,
    head.scheme,
    head.authority,
    portOf(head),
    element(node, head.scheme, head.authority),
  )
}

function toLines(hops: string, scheme: string, host: string, port: string, forwarded: string): readonly string[] {
  return [
    'x-forwarded-for',
    hops,
    'x-forwarded-proto',
    scheme,
    'x-forwarded-host',
    host,
    'x-forwarded-port',
    port,
    'forwarded',
    forwarded,
  ]
}

/** Appends our hop to those a trusted proxy told us; where it used one family only, the other is made from it. */
function linesBehindProxy(head: RequestHead, node: string): readonly string[] {
  const { fields, peer } = head
  const told = joined(fields, 'x-forwarded-for')
  const toldForwarded = joined(fields, 'forwarded')
  const known = told ?? (head.clientAddress === peer.address ? undefined : head.clientAddress)
  const own = element(node, peer.tls ? 'https' : 'http', head.authority)
  const host = joined(fields, 'x-forwarded-host') ?? head.authority
  const outermost = host.includes(',') ? head.authority : host
  const earlier = toldForwarded ?? (known === undefined ? undefined : elementsOf(known, head.scheme, outermost))
  return toLines(
    known === undefined ? peer.address : `${known}, ${peer.address}`,
    head.scheme,
    host,
    joined(fields, 'x-forwarded-port') ?? portOf(head),
    earlier === undefined ? element(node, head.scheme, outermost) : `${earlier}, ${own}`,
  )
}

function joined(fields: Fields, name: string): string | undefined {
  const count = fields.count(name)
  if (count === 0) return undefined
  return (count === 1 ? (fields.first(name) as string) : fields.all(name).join(', ')) || undefined
}

/** Writes one element of `Forwarded` (RFC 7239 section 4). */
function element(node: string, scheme: string, host: string): string {
  return `for=${node};host=${quoteUnlessToken(host)};proto=${scheme}`
}

/** Converts the hops of `X-Forwarded-For` (RFC 7239 section 7.4); the first one is what the outermost proxy saw. */
function elementsOf(hops: string, scheme: string, host: string): string {
  const elements = hops.split(',').map(hop => `for=${toNode(hop.trim())}`)
  elements[0] += `;host=${quoteUnlessToken(host)};proto=${scheme}`
  return elements.join(', ')
}

/** Writes a node (RFC 7239 section 6) without its port: IPv6 in brackets and quoted; what is no address is `unknown`. */
function toNode(hop: string): string {
  const address = addressOfNode(hop)
  if (address === undefined) return 'unknown'
  return address.includes(':') ? `"[${address}]"` : address
}

function quoteUnlessToken(value: string): string {
  return /^[A-Za-z0-9.-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}

/** The port that the caller used: as it named it, else the scheme's own. */
function portOf(head: RequestHead): string {
  const { authority } = head
  const colon = authority.lastIndexOf(':')
  if (colon >= 0 && colon > authority.lastIndexOf(']') && colon < authority.length - 1)
    return authority.slice(colon + 1)
  return head.scheme === 'https' ? '443' : '80'
}
