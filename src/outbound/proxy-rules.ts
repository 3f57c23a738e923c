import { isIP } from 'node:net'
import { type AddressSet, createAddressSet } from '../message/address.ts'
import { isLoopbackHost } from '../message/loopback.ts'

/** Which of the gateway's own calls go through a proxy: what `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say. */
export interface ProxyRules {
  /** URLs by the scheme of the call; may hold a user and a password, so they are never logged. */
  readonly http: string | undefined
  readonly https: string | undefined
  /** True: no call goes through a proxy. */
  readonly never: boolean
  /** Hosts, lower case, with a port where only that one is meant; each stands for the names below it, too. */
  readonly hosts: readonly { readonly name: string; readonly port: string | undefined }[]
  readonly addresses: AddressSet
}

/** Reads the rules from an environment; lower-case names win over upper-case ones, as in curl. An empty value is none. */
export function readProxyRules(environment: Readonly<Record<string, string | undefined>>): ProxyRules {
  const read = (name: string): string | undefined =>
    environment[name.toLowerCase()] || environment[name.toUpperCase()] || undefined
  const entries = (read('no_proxy') ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(entry => entry !== '')
  const blocks = entries.flatMap(entry => {
    const [address = '', prefix = ''] = entry.split('/')
    const bits = isIP(address) === 4 ? 32 : 128
    const isBlock = isIP(address) !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
    return isBlock ? [{ kind: 'block' as const, address, prefix: Number(prefix) }] : []
  })
  return {
    http: withScheme(read('http_proxy')),
    https: withScheme(read('https_proxy')),
    never: entries.includes('*'),
    hosts: entries.filter(entry => entry !== '*' && !entry.includes('/')).map(toHost),
    addresses: createAddressSet(blocks),
  }
}

/**
 * Finds the proxy that a call goes through; undefined: none. Calls to this machine go through none, whatever the rules say: what
 * listens here is nobody's business elsewhere.
 */
export function proxyFor(url: URL, rules: ProxyRules): string | undefined {
  const proxy = url.protocol === 'https:' ? rules.https : rules.http
  if (proxy === undefined || rules.never || isLoopbackHost(url.hostname)) return undefined
  const host = withoutDot(url.hostname.replace(/^\[|\]$/g, '').toLowerCase())
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const isExempt = rules.hosts.some(
    ({ name, port: wanted }) =>
      (wanted === undefined || wanted === port) && (host === name || host.endsWith(`.${name}`)),
  )
  return isExempt || rules.addresses.has(host) ? undefined : proxy
}

/** `proxy:3128` means `http://proxy:3128`. */
function withScheme(proxy: string | undefined): string | undefined {
  return proxy === undefined || proxy.includes('://') ? proxy : `http://${proxy}`
}

function toHost(entry: string): ProxyRules['hosts'][number] {
  const [, bracketed, bare, port] = /^(?:\[([^\]]*)\]|\*?\.?([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  // An IPv6 address has colons and no port.
  return bracketed === undefined && bare === undefined
    ? { name: entry, port: undefined }
    : { name: withoutDot(bracketed ?? bare ?? ''), port }
}

/** A name from the root on, `host.`, is the name without the dot. */
function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}
