import type { AddressSet } from '../message/address.ts'
import { type Authority, parseAuthority } from '../message/authority.ts'
import type { Peer } from '../message/request-head.ts'

/** Who is at the other end of a connection, whatever it speaks: asked by every request on it, answered once. */
export class Caller {
  readonly peer: Peer
  /** What bytes that never became a request are recorded as. */
  readonly httpVersion: '1.1' | '2.0'
  #hostText = ''
  #authority: Authority | undefined
  #proxies: AddressSet | undefined
  #isProxy = false

  constructor(peer: Peer, httpVersion: Caller['httpVersion']) {
    this.peer = peer
    this.httpVersion = httpVersion
  }

  /** Tells whether the peer is one of these proxies; looked up once for a set. */
  isFrom(proxies: AddressSet): boolean {
    if (this.#proxies !== proxies) {
      this.#proxies = proxies
      this.#isProxy = !proxies.isEmpty && proxies.has(this.peer.address)
    }
    return this.#isProxy
  }

  /** Parses a Host or `:authority` value; callers repeat theirs, so the last one is kept. */
  authorityOf(hostText: string): Authority | undefined {
    if (this.#authority === undefined || this.#hostText !== hostText) {
      this.#authority = parseAuthority(hostText)
      this.#hostText = hostText
    }
    return this.#authority
  }
}
