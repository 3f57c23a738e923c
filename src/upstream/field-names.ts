/**
 * Which field names may not pass. Names are compared in a canonical form, so that `X_User`, `x.user` and `X-User` are one name:
 * an upstream behind CGI, WSGI or a servlet container may read any of them as the one that the gateway sets.
 */

/** What to do with a field of a message that passes through. */
export type FieldFate = 'pass' | 'drop' | 'drop_unless_trusted'

/** Fields that this gateway sets, or will set, to tell an upstream who is calling (product.md 6). Canonical form. */
export const IDENTITY_FIELDS: readonly string[] = [
  'x-jwt-assertion',
  'x-application-id',
  'x-application-name',
  'x-application-owner',
  'x-application-tier',
]

/** Connection-specific fields (RFC 9110 section 7.6.1) and framing: both are made anew on the other side. */
const CONNECTION_FIELDS = [
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
]

/** Made anew for each request, whoever sent them (`forwarded.ts`); a trusted proxy's earlier hops are read from the head. */
const REPLACED_FIELDS = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-request-id',
]

/** A DPoP proof is for this gateway (RFC 9449 section 4.3): the upstream could replay it. */
const CONSUMED_FIELDS = ['dpop']

/** Claims about the caller's address or the original target, which only a proxy in front may make (threats.md 3.29, 1.5). */
const PROXY_WORDS = [
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-uri',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
]

const ODD = /[^a-z0-9-]/
const EVERY_ODD = /[^a-z0-9-]/g

/** Writes a lower-case field name in canonical form: everything but letters and digits becomes `-`. */
export function toCanonicalName(name: string): string {
  return ODD.test(name) ? name.replace(EVERY_ODD, '-') : name
}

/** The fate of each field name, in requests and in answers; one value per snapshot. */
export interface FieldRules {
  /** Judges a lower-case name of a request field. `drop_unless_trusted`: the word of a trusted proxy may pass. */
  ofRequest(name: string): FieldFate
  /** Judges a lower-case name of a response field. */
  ofResponse(name: string): 'pass' | 'drop'
}

/**
 * Creates the rules for requests and answers.
 *
 * @param identityFields names that the gateway sets for an upstream, in any spelling; removed from every request and answer,
 * whether or not the feature is on. Default: `IDENTITY_FIELDS`; give those of `claim_headers` and `backend_jwt` in addition.
 */
export function createFieldRules(identityFields: readonly string[] = IDENTITY_FIELDS): FieldRules {
  const identity = identityFields.map(name => toCanonicalName(name.toLowerCase()))
  const dropped = new Set([...CONNECTION_FIELDS, ...REPLACED_FIELDS, ...CONSUMED_FIELDS, ...identity])
  const proxyWords = new Set(PROXY_WORDS.filter(name => !dropped.has(name)))
  // The length of an answer is kept: the server frames the answer by it, and undici holds the upstream to it.
  const droppedFromAnswers = new Set([
    ...CONNECTION_FIELDS.filter(name => name !== 'content-length'),
    ...identity,
    'x-request-id',
  ])

  const ofRequest = (name: string): FieldFate => {
    if (dropped.has(name) || name.startsWith('proxy-')) return 'drop'
    if (ODD.test(name)) return isReservedTwin(toCanonicalName(name)) ? 'drop' : 'pass'
    return proxyWords.has(name) || name.startsWith('x-forwarded-') ? 'drop_unless_trusted' : 'pass'
  }
  const isReservedTwin = (twin: string): boolean =>
    dropped.has(twin) || proxyWords.has(twin) || twin.startsWith('proxy-') || twin.startsWith('x-forwarded-')

  const ofResponse = (name: string): 'pass' | 'drop' => {
    if (droppedFromAnswers.has(name) || name.startsWith('proxy-')) return 'drop'
    return ODD.test(name) && identity.includes(toCanonicalName(name)) ? 'drop' : 'pass'
  }
  return { ofRequest, ofResponse }
}
