/**
 * Decodes base64url in its one canonical spelling (RFC 7515 section 2); undefined for every other text: padding, whitespace,
 * other characters, impossible lengths, loose bits in the last character. Node.js itself accepts all of these; what it
 * decodes is encoded again and compared, so no two texts decode alike.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64url')
  return octets.toString('base64url') === text ? octets : undefined
}

/** Tells whether a text is strict base64url. */
export function isBase64url(text: string): boolean {
  return decodeBase64url(text) !== undefined
}
