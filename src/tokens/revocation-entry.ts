/**
 * Entries of a deny list as the polled document, the admin API and the file under `state_dir` write them. `revocation.schema.json`
 * says the same of the settings; a test holds the two together. What is not exactly an entry is none: members that nobody
 * knows could be a condition that would be ignored.
 */
import { formatTime, parseTime } from '../clock/rfc3339.ts'
import { ok, type Result } from '../errors/denial.ts'
import { MOST_CLAIMS, type RevocationSettings, type RevokedTokens } from '../settings/revocation-settings.ts'
import type { JsonObject, JsonValue } from './jwt.ts'
import { parseJsonObject } from './strict-json.ts'

/** Longest name, `jti` and value, in UTF-16 code units. */
export const MOST_TEXT_LENGTH = 256
/** Largest `exp`: the year 9999. */
export const LATEST_EXP = 253_402_300_799
/** Members of one entry, at most, and that its object is. */
const MEMBERS_EACH = 8

const COMMON = ['auth_server', 'until'] as const
const OF_JTI: ReadonlySet<string> = new Set([...COMMON, 'jti', 'exp'])
const OF_CLAIM: ReadonlySet<string> = new Set([...COMMON, 'claim', 'value', 'before'])

/** Parses one entry. The error says what is wrong and never repeats a value. */
export function parseRevocation(entry: JsonValue | undefined): Result<RevocationSettings, string> {
  if (!isObject(entry)) return no('it is not an object')
  const isJti = entry['jti'] !== undefined
  if (isJti === (entry['claim'] !== undefined)) return no('it must have either `jti` or `claim`')
  const known = isJti ? OF_JTI : OF_CLAIM
  if (Object.keys(entry).some(name => !known.has(name))) return no(`it may have ${list(known)}, and nothing else`)
  const authServer = entry['auth_server']
  if (!isText(authServer)) return no(`\`auth_server\` must be ${TEXT}`)
  const tokens = isJti ? parseJti(entry) : parseClaim(entry)
  if (!tokens.ok) return tokens
  const until = parseOptionalTime(entry['until'])
  if (until === null) return no(`\`until\` must be ${TIME}`)
  return ok({ authServer, tokens: tokens.value, untilMs: until })
}

/** Writes an entry as `parseRevocation` reads it. */
export function writeRevocation({ authServer, tokens, untilMs }: RevocationSettings): Record<string, JsonValue> {
  const written: Record<string, JsonValue> = { auth_server: authServer }
  if (tokens.kind === 'jti') {
    written['jti'] = tokens.jti
    if (tokens.exp !== undefined) written['exp'] = tokens.exp
  } else {
    written['claim'] = tokens.claim
    written['value'] = tokens.value
    written['before'] = formatTime(tokens.beforeMs)
  }
  if (untilMs !== undefined) written['until'] = formatTime(untilMs)
  return written
}

/** Parses `{ "revocations": [ … ] }` and nothing else: one entry that is wrong makes the whole document wrong. */
export function parseRevocationDocument(
  bytes: Uint8Array,
  mostEntries: number,
): Result<readonly RevocationSettings[], string> {
  const written = parseEntries(bytes, mostEntries)
  if (!written.ok) return written
  const entries: RevocationSettings[] = []
  for (const [index, value] of written.value.entries()) {
    const entry = parseRevocation(value)
    if (!entry.ok) return no(`entry ${index + 1}: ${entry.error}`)
    entries.push(entry.value)
  }
  return hasFewClaims(entries) ? ok(entries) : no(`more than ${MOST_CLAIMS} different claims`)
}

/** Parses the frame of a document; the entries are whatever they are. */
export function parseEntries(bytes: Uint8Array, mostEntries: number): Result<readonly JsonValue[], string> {
  const document = parseJsonObject(bytes, (mostEntries + 1) * (MEMBERS_EACH + 1))
  if (!document.ok) return document
  const { revocations, ...others } = document.value
  if (!Array.isArray(revocations) || Object.keys(others).length > 0) return no('not `{ "revocations": [ … ] }`')
  return revocations.length > mostEntries
    ? no(`more than ${mostEntries} entries`)
    : ok(revocations as readonly JsonValue[])
}

/** Tells whether the entries name no more claims than every token can be looked at for. */
export function hasFewClaims(entries: Iterable<RevocationSettings>): boolean {
  const claims = new Set<string>()
  for (const { tokens } of entries) if (tokens.kind === 'claim') claims.add(tokens.claim)
  return claims.size <= MOST_CLAIMS
}

const TEXT = `a text of 1 to ${MOST_TEXT_LENGTH} characters`
const TIME = 'a time as in `2026-11-22T10:00:00Z`'

function parseJti({ jti, exp }: JsonObject): Result<RevokedTokens, string> {
  if (!isText(jti)) return no(`\`jti\` must be ${TEXT}`)
  if (exp === undefined) return ok({ kind: 'jti', jti, exp: undefined })
  const isSeconds = typeof exp === 'number' && Number.isInteger(exp) && exp >= 0 && exp <= LATEST_EXP
  return isSeconds ? ok({ kind: 'jti', jti, exp }) : no('`exp` must be whole seconds since the epoch')
}

function parseClaim({ claim, value, before }: JsonObject): Result<RevokedTokens, string> {
  if (!isText(claim)) return no(`\`claim\` must be ${TEXT}`)
  if (!isText(value) && typeof value !== 'number' && typeof value !== 'boolean')
    return no(`\`value\` must be ${TEXT}, a number, \`true\` or \`false\``)
  const beforeMs = parseOptionalTime(before)
  return beforeMs === null || beforeMs === undefined
    ? no(`\`before\` must be ${TIME}`)
    : ok({ kind: 'claim', claim, value, beforeMs })
}

/** Undefined where there is nothing, null where it is no time. */
function parseOptionalTime(value: JsonValue | undefined): number | undefined | null {
  if (value === undefined) return undefined
  return typeof value === 'string' ? (parseTime(value) ?? null) : null
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MOST_TEXT_LENGTH
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function list(names: Iterable<string>): string {
  return [...names].map(name => `\`${name}\``).join(', ')
}

function no(reason: string): Result<never, string> {
  return { ok: false, error: reason }
}
