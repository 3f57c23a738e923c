/**
 * The gateway as JWT issuer: what a token contains, how it is signed, the endpoints that hand it out and publish the keys.
 * Nothing here reads a password, chooses an algorithm by the caller's word, or lets a private key out.
 * Called by `snapshot` (which makes the targets) and by `microgateway token new`.
 */
import type { Clock } from '../clock/clock.ts'
import type { SigningKey } from '../keys/signing-key.ts'
import type { AuthServerSettings, TokenGeneratorSettings } from '../settings/model.ts'
import type { JsonObject, JsonValue } from '../tokens/jwt.ts'
import { claimsForApplication, claimsForUser, type IssuingRules } from './issued-claims.ts'

export interface IssuedToken {
  /** Compact serialization. Never logged. */
  readonly jwt: string
  readonly expiresInSeconds: number
}

export interface Issuer {
  /** Name of the auth server that issues. */
  readonly authServer: string
  readonly signingKey: SigningKey
  /**
   * Issues a token for a user that proved to be one; `applicationId` must have been checked to list the user.
   * `lifetimeSeconds` can only shorten the configured life time.
   */
  issueForUser(user: string, applicationId?: string, lifetimeSeconds?: number): Promise<IssuedToken>
  /** Issues a token for an application; reserved names in `claims` are left out. */
  issueForApplication(
    applicationId: string,
    claims: Readonly<Record<string, JsonValue>>,
    lifetimeSeconds?: number,
  ): Promise<IssuedToken>
}

/** An auth server that can issue: it has an issuer and a token generator. */
export type IssuingAuthServer = AuthServerSettings & {
  readonly issuer: string
  readonly tokenGenerator: TokenGeneratorSettings
}

/** Tells whether an auth server is one of our own issuers. */
export function isIssuing(settings: AuthServerSettings): settings is IssuingAuthServer {
  return settings.issuer !== undefined && settings.tokenGenerator !== undefined
}

/** Creates the issuer of one auth server. Holds no resource. */
export function createIssuer(settings: IssuingAuthServer, signingKey: SigningKey, clock: Clock): Issuer {
  const rules: IssuingRules = {
    issuer: settings.issuer,
    lifetimeSeconds: settings.tokenGenerator.expiryMinutes * 60,
    audience: settings.tokenGenerator.audience,
  }
  const issue = async (
    claimsOf: (rules: IssuingRules) => JsonObject,
    lifetimeSeconds?: number,
  ): Promise<IssuedToken> => {
    const lifetime = Math.min(lifetimeSeconds ?? rules.lifetimeSeconds, rules.lifetimeSeconds)
    const claims = claimsOf({ ...rules, lifetimeSeconds: lifetime })
    return { jwt: await sign(claims, signingKey), expiresInSeconds: lifetime }
  }
  return {
    authServer: settings.name,
    signingKey,
    issueForUser: (user, applicationId, lifetimeSeconds) =>
      issue(shortened => claimsForUser(shortened, user, applicationId, clock.now()), lifetimeSeconds),
    issueForApplication: (applicationId, claims, lifetimeSeconds) =>
      issue(shortened => claimsForApplication(shortened, applicationId, claims, clock.now()), lifetimeSeconds),
  }
}

/** Signs claims as they are; the header says `alg` and `kid` and nothing else, as the product's does. */
async function sign(claims: JsonObject, key: SigningKey): Promise<string> {
  // Loaded with the first token: a gateway that issues none pays nothing for it.
  const { SignJWT } = await import('jose/jwt/sign')
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: key.algorithm, kid: key.kid }).sign(key.privateKey)
}
