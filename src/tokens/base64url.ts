/** What each ASCII character stands for in base64url (RFC 4648 section 5); 255 for the others. */
const VALUES: Readonly<Uint8Array> = valuesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')

/**
 * Tells whether a text is base64url in its one canonical spelling (RFC 7515 section 2): no padding, no whitespace, no
 * other character, no impossible length, and the unused bits of the last character zero. So no two texts decode alike.
 */
export function isBase64url(text: string): boolean {
  let last = 0
  for (let i = 0; i < text.length; i++) {
    last = VALUES[text.charCodeAt(i)] ?? 255
    if (last === 255) return false
  }
  const rest = text.length & 3
  if (rest === 1) return false
  return rest === 0 || (rest === 2 ? last & 15 : last & 3) === 0
}

/** Decodes strict base64url; undefined for every other text. Node.js itself would accept junk. */
export function decodeBase64url(text: string): Buffer | undefined {
  return isBase64url(text) ? Buffer.from(text, 'base64url') : undefined
}

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(128).fill(255)
  for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i
  return values
}
