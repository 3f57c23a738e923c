import { createPublicKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Clock } from '../clock/clock.ts'
import { thumbprintOf } from '../keys/verification-key.ts'
import type { IntrospectionClientSettings } from '../settings/introspection-settings.ts'

/** The key that signs our assertions, as a keystore has it. */
export interface AssertionKey {
  readonly privateKey: KeyObject
  /** PEM, leaf first; may be empty. Its fingerprint helps servers that know us by certificate. */
  readonly certificates: readonly string[]
}

/** Makes a request ours: adds what proves who we are to the form, and returns the fields to send. */
export type AuthenticateClient = (form: URLSearchParams) => Promise<Readonly<Record<string, string>>>

export interface ClientAuthenticationParts {
  readonly clock: Clock
  /** Whom an assertion is for: the issuer of the auth server, else the endpoint. */
  readonly audience: string
  /** For `private_key_jwt`. */
  readonly assertionKey?: AssertionKey | undefined
}

/** How long an assertion is good for: it is used at once, and must outlive only a slow way and two clocks that differ. */
const ASSERTION_LIFETIME_SECONDS = 60
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const NO_FIELDS: Readonly<Record<string, string>> = Object.freeze({})

/** Creates the client authentication of one endpoint (RFC 6749 section 2.3.1, RFC 7523 section 2.2, RFC 8705 section 2). */
export function createClientAuthentication(
  client: IntrospectionClientSettings,
  parts: ClientAuthenticationParts,
): AuthenticateClient {
  switch (client.kind) {
    case 'basic': {
      const credentials = `${encodeFormValue(client.clientId)}:${encodeFormValue(client.clientSecret.reveal())}`
      const fields = Object.freeze({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` })
      return async () => fields
    }
    case 'post':
      return async form => {
        form.set('client_id', client.clientId)
        form.set('client_secret', client.clientSecret.reveal())
        return NO_FIELDS
      }
    case 'private_key_jwt':
      return createAssertionAuthentication(client.clientId, parts)
    case 'tls':
      return async form => {
        form.set('client_id', client.clientId)
        return NO_FIELDS
      }
    case 'none':
      return async () => NO_FIELDS
  }
}

/** Throws where there is no key that can sign: what can be known of that is checked with the settings. */
function createAssertionAuthentication(clientId: string, parts: ClientAuthenticationParts): AuthenticateClient {
  const { clock, audience, assertionKey } = parts
  const algorithm = assertionKey === undefined ? undefined : signingAlgorithmOf(assertionKey.privateKey)
  if (assertionKey === undefined || algorithm === undefined) throw new TypeError('no key that can sign assertions')
  const { privateKey, certificates } = assertionKey
  const header = { alg: algorithm, typ: 'JWT', kid: thumbprintOf(createPublicKey(privateKey)), ...x5tOf(certificates) }
  return async form => {
    const now = Math.floor(clock.now() / 1000)
    const assertion = await new SignJWT()
      .setProtectedHeader(header)
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + ASSERTION_LIFETIME_SECONDS)
      .sign(privateKey)
    form.set('client_id', clientId)
    form.set('client_assertion_type', ASSERTION_TYPE)
    form.set('client_assertion', assertion)
    return NO_FIELDS
  }
}

/** Tells with which algorithm a private key signs assertions; undefined where none of ours fits. */
export function signingAlgorithmOf(key: KeyObject): string | undefined {
  if (key.type !== 'private') return undefined
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA'
  const curves: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }
  return key.asymmetricKeyType === 'ec' ? curves[key.asymmetricKeyDetails?.namedCurve ?? ''] : undefined
}

function x5tOf([leaf]: readonly string[]): { readonly 'x5t#S256'?: string } {
  if (leaf === undefined) return {}
  const digest = new X509Certificate(leaf).fingerprint256.replaceAll(':', '')
  return { 'x5t#S256': Buffer.from(digest, 'hex').toString('base64url') }
}

/** ID and secret are form-encoded before they are joined (RFC 6749 section 2.3.1), so that a colon in the ID cannot shift the border. */
function encodeFormValue(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
