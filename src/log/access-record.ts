/** What the access log says about one exchange. Every exchange ends in exactly one record, whatever happened. */

/**
 * Plain values, gathered by `server` at the end of an exchange. There is no member for a query, a field of the caller's choice,
 * a token or a key: what has no place here cannot be logged.
 */
export interface AccessRecord {
  /** Milliseconds since the epoch when the head was read. */
  readonly atMs: number
  readonly requestId: string
  readonly clientAddress: string
  /** As received; undefined where the head could not be read. */
  readonly method: string | undefined
  /** The canonical path, without the query; undefined where there is none. */
  readonly path: string | undefined
  readonly scheme: 'http' | 'https'
  readonly httpVersion: string
  /** Status of the answer; 499 where the caller left before it, 0 where none was sent for another reason. */
  readonly status: number
  /** Fine code of the denial or failure; undefined for an answer that went well. */
  readonly code: string | undefined
  /** True where the policies let the request through to its target, and the target did not refuse the caller either. */
  readonly allowed: boolean
  readonly api: string | undefined
  readonly apiVersion: string | undefined
  /** Route template with the base path. */
  readonly route: string | undefined
  readonly application: string | undefined
  readonly authServer: string | undefined
  /** User of a successful HTTP Basic check. */
  readonly user: string | undefined
  /** From the head, read, to the end of the answer. */
  readonly durationMs: number
  /** Time spent in policies; undefined where none ran. */
  readonly policiesMs: number | undefined
  /** Time until the head of the upstream's answer; undefined where the upstream was not asked. */
  readonly upstreamMs: number | undefined
  /** Body bytes received and sent. */
  readonly requestBytes: number
  readonly responseBytes: number
  readonly userAgent: string | undefined
  /** `Denial.facts`: for the log only. */
  readonly facts: Readonly<Record<string, string | number | boolean>> | undefined
  /** `Denial.cause`, whatever was thrown; only names and codes of it are logged, for messages can quote what was read. */
  readonly cause: unknown
}

/**
 * Writes the JSON form: one object without line end, keys as ECS and OpenTelemetry spell them where both agree, ours under
 * `microgateway.`; absent members are left out. Written by hand because it is written with every request: a general serializer
 * takes about five times as long. `time` is RFC 3339.
 */
export function toJsonLine(record: AccessRecord, time: string): string {
  let line = `{"level":"info","time":"${time}","http.request.id":${quote(record.requestId, 128)}`
  if (record.method !== undefined) line += `,"http.request.method":${quote(record.method, 32)}`
  line += `,"url.scheme":"${record.scheme}"`
  if (record.path !== undefined) line += `,"url.path":${quote(record.path, 2048)}`
  if (record.route !== undefined) line += `,"http.route":${quote(record.route, 2048)}`
  line += `,"http.response.status_code":${record.status}`
  if (record.code !== undefined) line += `,"error.type":"${record.code}"`
  line += `,"client.address":${quote(record.clientAddress, 64)},"network.protocol.version":"${record.httpVersion}"`
  line += `,"http.request.body.bytes":${record.requestBytes},"http.response.body.bytes":${record.responseBytes}`
  line += `,"event.duration":${Math.round(record.durationMs * 1e6)}`
  if (record.userAgent !== undefined) line += `,"user_agent.original":${quote(record.userAgent, 256)}`
  if (record.user !== undefined) line += `,"user.name":${quote(record.user, 128)}`
  if (record.api !== undefined) line += `,"microgateway.api":${quote(record.api, 256)}`
  if (record.apiVersion !== undefined) line += `,"microgateway.api_version":${quote(record.apiVersion, 64)}`
  if (record.application !== undefined) line += `,"microgateway.application":${quote(record.application, 256)}`
  if (record.authServer !== undefined) line += `,"microgateway.auth_server":${quote(record.authServer, 256)}`
  line += `,"microgateway.decision":"${record.allowed ? 'allow' : 'deny'}"`
  if (record.policiesMs !== undefined) line += `,"microgateway.auth_ms":${toMilliseconds(record.policiesMs)}`
  if (record.upstreamMs !== undefined) line += `,"microgateway.upstream_ms":${toMilliseconds(record.upstreamMs)}`
  if (record.facts !== undefined) line += `,"microgateway.facts":${JSON.stringify(printableFacts(record.facts))}`
  if (record.cause !== undefined) line += `,"microgateway.cause":${quote(describeCause(record.cause), 256)}`
  return `${line}}`
}

/** Quotes a text for JSON; nearly all of them need no escape. */
function quote(text: string, max: number): string {
  if (text.length <= max && /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(text)) return `"${text}"`
  return JSON.stringify(printable(text, max))
}

/** The Apache combined form: one line without line end. `time` is RFC 3339; what the caller sent is escaped. */
export function toCombinedLine(record: AccessRecord, time: string): string {
  const user = record.user === undefined ? '-' : quotable(record.user, 128).replaceAll(' ', '\\x20')
  const method = record.method === undefined ? '-' : quotable(record.method, 32)
  const path = record.path === undefined ? '-' : quotable(record.path, 2048)
  const bytes = record.responseBytes === 0 ? '-' : record.responseBytes
  const agent = record.userAgent === undefined ? '-' : quotable(record.userAgent, 256)
  const request = `"${method} ${path} HTTP/${record.httpVersion}"`
  return `${record.clientAddress} - ${user} [${toCommonLogTime(time)}] ${request} ${record.status} ${bytes} "-" "${agent}"`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `2026-10-07T19:42:10.123Z` to `07/Oct/2026:19:42:10 +0000`. */
function toCommonLogTime(time: string): string {
  const month = MONTHS[Number(time.slice(5, 7)) - 1] ?? '-'
  return `${time.slice(8, 10)}/${month}/${time.slice(0, 4)}:${time.slice(11, 19)} +0000`
}

/**
 * Makes a caller's text safe for a log that people read on a terminal: everything but printable ASCII is written as `\xhh` or
 * `\u{…}`, and what is longer than `max` is cut.
 */
export function printable(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text
  return /^[\x20-\x7e]*$/.test(cut) ? cut : cut.replaceAll(/[^\x20-\x7e…]/gu, escapeCharacter)
}

function quotable(text: string, max: number): string {
  return printable(text.replaceAll(/["\\]/g, '\\$&'), max)
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

function printableFacts(facts: Readonly<Record<string, string | number | boolean>>): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(facts))
    copy[name] = typeof value === 'string' ? printable(value, 512) : value
  return copy
}

/** Names what was thrown and what caused that, outermost first: `UND_ERR_SOCKET < ECONNRESET`. */
function describeCause(cause: unknown): string {
  const names: string[] = []
  for (let at = cause; at instanceof Error && names.length < 5; at = at.cause) {
    names.push('code' in at && typeof at.code === 'string' ? at.code : at.name)
  }
  return printable(names.length === 0 ? typeof cause : names.join(' < '), 256)
}

/** Three decimals are enough, and keep lines short. */
function toMilliseconds(duration: number): number {
  return Math.round(duration * 1000) / 1000
}
