const MARK = 'microgateway-'

/**
 * Makes what a gateway calls itself in `Via` (RFC 9110 section 7.6.3): a pseudonym without a host name, of its own for each
 * running gateway.
 *
 * @param random hexadecimal digits, at least 16
 */
export function toPseudonym(random: string): string {
  return MARK + random
}

/**
 * Tells whether a `Via` value says that a request came through the gateway of this pseudonym before (RFC 9110 section 7.6: a
 * message is never forwarded to oneself). The pseudonym is random: finding it anywhere in the list is proof enough.
 */
export function hasPassed(via: string | undefined, pseudonym: string | undefined): boolean {
  return via !== undefined && pseudonym !== undefined && via.includes(pseudonym)
}
