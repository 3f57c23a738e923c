/**
 * Passwords of the users in our own samples, by the hash that stands there: the banner can print calls that work as they are. They are
 * published, so `start` refuses them on a listener that is not loopback.
 */
const PUBLISHED_PASSWORDS: ReadonlyMap<string, string> = new Map([
  ['scrypt:16384:8:1:bL08UuxzEsY1s4Q8fPc91g==:NVbXHDpbJPZU+3jry41Rlo4p14bLFv/gt8HwGExIvaQ=', 'sample-password'],
])

/** Finds the published password that belongs to a hash of our samples; undefined for anybody's own. */
export function publishedPassword(passwordHash: string): string | undefined {
  return PUBLISHED_PASSWORDS.get(passwordHash)
}
