/**
 * The nouns that travel along the request path after the head. Types and pure functions only: no I/O, no npm package,
 * no Node.js HTTP type. Only `server` makes an Exchange, only `policies/chain.ts` writes its facts and edits.
 */
import type { Duplex, Readable } from 'node:stream'
import type { Application } from '../applications/application.ts'
import type { Denial } from '../errors/denial.ts'
import type { RequestHead } from '../message/request-head.ts'
import type { AcceptedToken, IntrospectedToken } from '../tokens/accepted-token.ts'
import type { VerifiedJwt } from '../tokens/jwt.ts'

/** What the policies found out about the caller. Claims come from a verified token only. */
export interface Facts {
  readonly jwt?: VerifiedJwt
  /** What its auth server says of the token, where that was asked; there is one token a request, so never beside `jwt`. */
  readonly introspected?: IntrospectedToken
  readonly application?: Application
  /** User name of a successful HTTP Basic check. */
  readonly user?: string
  /** Kinds of the identification rules that passed, for the log. */
  readonly identifiedBy?: readonly string[]
}

/** Returns the token whose claims count, whoever vouches for it; undefined without one. */
export function tokenOf({ jwt, introspected }: Facts): AcceptedToken | undefined {
  return jwt ?? introspected
}

/** A change to the fields that go upstream, applied in order after hygiene. Names are lower case. */
export type Edit = { readonly set: string; readonly to: string } | { readonly remove: string }

/** The API and route that matched; one value per route and snapshot. */
export interface RouteIdentity {
  readonly api: string
  readonly version: string | undefined
  readonly basePath: string
  /** The whole template with the base path, for logs and metrics: `/orders/v1/items/{id}`. */
  readonly template: string
  /** `GET`, …, or `ANY`. */
  readonly method: string
}

/** The body of the request. */
export interface RequestBody {
  /** Undefined where the length is not known in advance. */
  readonly length: number | undefined
  /**
   * Takes the body as a stream, once. Sends `100 Continue` first where the caller waits for it. The stream is destroyed with
   * an error whose `code` is `BODY_TOO_LARGE` if it outgrows `limits.max_body_bytes`.
   */
  open(): Readable
}

/** One request on its way through. */
export interface Exchange {
  /** Request id: in the answer, in the log, and forwarded as `x-request-id`. */
  readonly id: string
  readonly head: RequestHead
  readonly body: RequestBody | undefined
  readonly route: RouteIdentity
  /** Values of the `{name}` segments, as in the canonical path. */
  readonly parameters: Readonly<Record<string, string>>
  /** Milliseconds since the epoch when the head was read. */
  readonly nowMs: number
  facts: Facts
  edits: readonly Edit[]
}

/** How an exchange ended; the access log has one record for each. After the head was sent nothing can become a 502. */
export type Outcome =
  | { readonly kind: 'replied'; readonly status: number }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'broken'; readonly denial: Denial; readonly afterStatus: number }
  | { readonly kind: 'abandoned' }

/** The answer as a target writes it; `server` turns it into bytes. */
export interface Reply {
  readonly headSent: boolean
  /** Called once if the caller leaves before the answer is complete. */
  onAbandoned(listener: () => void): void
  /** Sends the head. `fields` is name, value, name, value, …, already clean (hop-by-hop removed by the target). */
  start(status: number, fields: readonly string[], statusText?: string): void
  /** Sends a part of the body; false means: wait for `onDrain`. */
  write(chunk: Uint8Array): boolean
  onDrain(listener: () => void): void
  /**
   * Completes the answer. `trailers` (name, value, name, value, …, lower case, clean) go to an HTTP/2 caller; to HTTP/1.1 callers
   * they are dropped.
   */
  end(trailers?: readonly string[]): void
  /** Sends head and body in one call. */
  send(status: number, fields: readonly string[], body: string | Uint8Array): void
  /** Ends the connection without completing the answer: a cut answer must look cut (RFC 9112 section 8). */
  cut(): void
  /** Answers 101 with these fields and hands over the raw connection, with the bytes that already arrived behind the head. */
  switchProtocols(fields: readonly string[]): Duplex
}

/** Who answers once the policies have said yes: an upstream, the echo service, a token endpoint, the admin pages. */
export interface Target {
  handle(exchange: Exchange, reply: Reply): Outcome | Promise<Outcome>
}
