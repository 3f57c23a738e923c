/**
 * The gateway's own small HTTP calls: one GET of one document, such as a key set.
 * Nothing here follows a redirect, keeps a connection, waits without a limit or takes more bytes than it was told to.
 * Failures are values with a short reason; the text of the other side never gets into them. `keys` calls this.
 */
import { Agent, type Dispatcher, request } from 'undici'
import { isLoopbackHost } from '../message/loopback.ts'

export interface FetchLimits {
  /** Limit of the whole call, from the name look-up to the last byte. */
  readonly timeoutMs: number
  /** Longest body that is taken. */
  readonly maxBytes: number
  /** Value of the Accept field. */
  readonly accept: string
  /** Plain `http:` to hosts other than loopback too; only where the settings say so. False by default. */
  readonly allowHttp?: boolean
  /** Ends the call early; the reason is then `closed`. */
  readonly signal?: AbortSignal
}

export type FetchedDocument =
  | {
      readonly ok: true
      /** Always 200: everything else is a failure. */
      readonly status: number
      readonly body: Uint8Array
      /** Lower-case names; several lines of one name are joined by a comma. */
      readonly fields: ReadonlyMap<string, string>
    }
  | { readonly ok: false; readonly reason: string }

/**
 * Gets a document. Never throws and never rejects; the reasons are `timeout`, `closed`, `status N`, `redirect N`,
 * `too large`, `unreachable`, `unknown host`, `tls failed`, `cut short`, `coded body`, `bad url` and `http not allowed`.
 */
export type FetchDocument = (uri: string, limits: FetchLimits) => Promise<FetchedDocument>

export interface FetcherParts {
  /** Certificates of further authorities, in PEM, beside the system's. */
  readonly authorities?: readonly string[]
  /** Makes the calls in place of the fetcher's own agent. */
  readonly dispatcher?: Dispatcher
}

/** Creates a fetcher. It holds no connection between calls, so there is nothing to close. */
export function createDocumentFetcher(parts: FetcherParts = {}): FetchDocument {
  const dispatcher =
    parts.dispatcher ??
    new Agent({
      allowH2: false,
      // One request a connection: documents are fetched minutes apart, and nothing is left open at the end.
      pipelining: 0,
      maxHeaderSize: 16_384,
      connect: parts.authorities === undefined ? {} : { ca: [...parts.authorities] },
    })
  return (uri, limits) => fetchDocument(dispatcher, uri, limits)
}

async function fetchDocument(dispatcher: Dispatcher, uri: string, limits: FetchLimits): Promise<FetchedDocument> {
  const refusal = refuseUri(uri, limits.allowHttp === true)
  if (refusal !== undefined) return { ok: false, reason: refusal }
  const timeout = AbortSignal.timeout(limits.timeoutMs)
  const signal = limits.signal === undefined ? timeout : AbortSignal.any([timeout, limits.signal])
  try {
    const response = await request(uri, {
      dispatcher,
      signal,
      method: 'GET',
      headers: { accept: limits.accept, 'user-agent': 'microgateway' },
      headersTimeout: limits.timeoutMs,
      bodyTimeout: limits.timeoutMs,
    })
    const fields = toFields(response.headers)
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

function refuseUri(uri: string, allowHttp: boolean): string | undefined {
  const url = URL.parse(uri)
  if (url === null || url.username !== '' || url.password !== '') return 'bad url'
  if (url.protocol === 'https:') return undefined
  if (url.protocol !== 'http:') return 'bad url'
  return allowHttp || isLoopbackHost(url.hostname) ? undefined : 'http not allowed'
}

function judgeHead(status: number, fields: ReadonlyMap<string, string>, maxBytes: number): string | undefined {
  if (status >= 300 && status < 400) return `redirect ${status}`
  if (status !== 200) return `status ${status}`
  const coding = fields.get('content-encoding')
  if (coding !== undefined && coding.toLowerCase() !== 'identity') return 'coded body'
  return Number(fields.get('content-length') ?? 0) > maxBytes ? 'too large' : undefined
}

/** Reads the body to its end; undefined where it is longer than allowed. */
async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array | undefined> {
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
function discard(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => {})
  body.destroy()
}

function toFields(headers: Readonly<Record<string, string | string[] | undefined>>): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) fields.set(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value)
  return fields
}

/** Names of the platform's error codes, in words that may stand in a log and a status page. */
function nameFailure(error: unknown): string {
  const code = codeOf(error)
  if (code === undefined) return 'cut short'
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
