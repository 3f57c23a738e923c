/** Types of JWT that are access tokens, or say nothing about what they are (RFC 9068 section 2.1, RFC 7515 section 4.1.9). */
const ACCESS_TOKEN_TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'jose'])

/**
 * Tells whether a JWT of this `typ` may be an access token (RFC 8725 sections 3.11 and 3.12): a DPoP proof, a logout token, a
 * backend JWT or any other kind with a name of its own is not, however good its signature. Compared as a media type:
 * case does not matter, and `application/` may be left out.
 */
export function isAccessTokenType(typ: string | undefined): boolean {
  return typ === undefined || ACCESS_TOKEN_TYPES.has(typ.toLowerCase().replace(/^application\//, ''))
}
