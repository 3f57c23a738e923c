/**
 * The gateway's own small HTTP calls: one GET of one document, such as a key set.
 * Nothing here follows a redirect, keeps a connection, waits without a limit or takes more bytes than it was told to.
 * Failures are values with a short reason; the text of the other side never gets into them. `keys` calls this.
 */
import { type Dispatcher, request } from 'undici'
import { isLoopbackHost } from '../message/loopback.ts'
import { ControlAgent } from './control-agent.ts'
import type { OutgoingTls } from './outgoing-tls.ts'
import type { ProxyRules } from './proxy-rules.ts'
import type { Validators } from './validators.ts'

export interface FetchLimits {
  /** Limit of the whole call, from the name look-up to the last byte. */
  readonly timeoutMs: number
  /** Longest body that is taken. */
  readonly maxBytes: number
  /** Value of the Accept field. */
  readonly accept: string
  /** Plain `http:` to hosts other than loopback too; only where the settings say so. False by default. */
  readonly allowHttp?: boolean
  /** What the caller holds already: the answer may then be 304, without a body (RFC 9110 section 13). */
  readonly held?: Validators
  /** Absent: the system's authorities, and no certificate of ours. */
  readonly tls?: OutgoingTls
  /** Ends the call early; the reason is then `closed`. */
  readonly signal?: AbortSignal
}

export type FetchedDocument =
  | {
      readonly ok: true
      /** 200, or 304 where the caller said what it holds; everything else is a failure. */
      readonly status: number
      readonly body: Uint8Array
      /** Lower-case names; several lines of one name are joined by a comma. */
      readonly fields: ReadonlyMap<string, string>
    }
  | { readonly ok: false; readonly reason: string }

/**
 * Gets a document. Never throws and never rejects; the reasons are `timeout`, `closed`, `status N`, `redirect N`,
 * `too large`, `unreachable`, `unknown host`, `tls failed`, `cut short`, `coded body`, `bad url`, `bad proxy` and `http not allowed`.
 */
export type FetchDocument = (uri: string, limits: FetchLimits) => Promise<FetchedDocument>

export interface FetcherParts {
  /** Which calls go through a proxy; none by default. */
  readonly proxies?: ProxyRules
  /** Makes the calls in place of the fetcher's own agent. */
  readonly dispatcher?: Dispatcher
}

/** Creates a fetcher. It holds no connection between calls, so there is nothing to close. */
export function createDocumentFetcher(parts: FetcherParts = {}): FetchDocument {
  // One request a connection: documents are fetched minutes apart, and nothing is left open at the end.
  const openAgent = (tls?: OutgoingTls): Dispatcher =>
    new ControlAgent({ tls, proxies: parts.proxies, options: { pipelining: 0 } })
  const plain = parts.dispatcher ?? openAgent()
  const byTls = new WeakMap<OutgoingTls, Dispatcher>()
  const dispatcherFor = ({ tls }: FetchLimits): Dispatcher => {
    if (tls === undefined || parts.dispatcher !== undefined) return plain
    const known = byTls.get(tls) ?? openAgent(tls)
    byTls.set(tls, known)
    return known
  }
  return (uri, limits) => fetchDocument(() => dispatcherFor(limits), uri, limits)
}

async function fetchDocument(open: () => Dispatcher, uri: string, limits: FetchLimits): Promise<FetchedDocument> {
  const refusal = refuseUri(uri, limits.allowHttp === true)
  if (refusal !== undefined) return { ok: false, reason: refusal }
  const timeout = AbortSignal.timeout(limits.timeoutMs)
  const signal = limits.signal === undefined ? timeout : AbortSignal.any([timeout, limits.signal])
  try {
    const response = await request(uri, {
      dispatcher: open(),
      signal,
      method: 'GET',
      headers: { accept: limits.accept, 'user-agent': 'microgateway', ...toConditions(limits.held) },
      headersTimeout: limits.timeoutMs,
      bodyTimeout: limits.timeoutMs,
    })
    const fields = toFields(response.headers)
    if (response.statusCode === 304 && limits.held !== undefined) {
      discard(response.body)
      return { ok: true, status: 304, body: new Uint8Array(), fields }
    }
    const unfit = judgeHead(response.statusCode, fields, limits.maxBytes)
    const body = unfit === undefined ? await readBody(response.body, limits.maxBytes) : undefined
    if (body !== undefined) return { ok: true, status: response.statusCode, body, fields }
    discard(response.body)
    return { ok: false, reason: unfit ?? 'too large' }
  } catch (error) {
    if (limits.signal?.aborted === true) return { ok: false, reason: 'closed' }
    return { ok: false, reason: timeout.aborted ? 'timeout' : nameFailure(error) }
  }
}

function toConditions(held: Validators | undefined): Readonly<Record<string, string>> {
  return {
    ...(held?.etag !== undefined && { 'if-none-match': held.etag }),
    ...(held?.lastModified !== undefined && { 'if-modified-since': held.lastModified }),
  }
}

/** Tells why a URI is not called at all; undefined where it may be. */
export function refuseUri(uri: string, allowHttp: boolean): string | undefined {
  const url = URL.parse(uri)
  if (url === null || url.username !== '' || url.password !== '') return 'bad url'
  if (url.protocol === 'https:') return undefined
  if (url.protocol !== 'http:') return 'bad url'
  return allowHttp || isLoopbackHost(url.hostname) ? undefined : 'http not allowed'
}

/** Tells why an answer is of no use by its head; undefined where its body is wanted. */
export function judgeHead(status: number, fields: ReadonlyMap<string, string>, maxBytes: number): string | undefined {
  if (status >= 300 && status < 400) return `redirect ${status}`
  if (status !== 200) return `status ${status}`
  const coding = fields.get('content-encoding')
  if (coding !== undefined && coding.toLowerCase() !== 'identity') return 'coded body'
  return Number(fields.get('content-length') ?? 0) > maxBytes ? 'too large' : undefined
}

/** Reads the body to its end; undefined where it is longer than allowed. */
export async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/** Lets go of a body that nobody wants, and of its connection. */
export function discard(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => {})
  body.destroy()
}

/** Lists the fields of an answer by lower-case name. */
export function toFields(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) fields.set(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value)
  return fields
}

/** Names of the platform's error codes, in words that may stand in a log and a status page. */
export function nameFailure(error: unknown): string {
  const code = codeOf(error)
  if (code === undefined) return 'cut short'
  // The address itself was looked at before.
  if (code === 'ERR_INVALID_URL' || code === 'UND_ERR_INVALID_ARG') return 'bad proxy'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unknown host'
  if (code.endsWith('_TIMEOUT') || code === 'ETIMEDOUT') return 'timeout'
  if (/^(?:E(?:CONNREFUSED|HOSTUNREACH|NETUNREACH|HOSTDOWN|ADDRNOTAVAIL)|UND_ERR_CONNECT)$/.test(code))
    return 'unreachable'
  if (/CERT|^ERR_(?:TLS|SSL)_|^EPROTO$|UNABLE_TO_/.test(code)) return 'tls failed'
  return 'cut short'
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  // Several addresses of one host: the platform wraps one failure for each.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error.cause)
}
