/** How a server tells one version of a document from another (RFC 9110 section 8.8), as it sent them. */
export interface Validators {
  readonly etag?: string
  readonly lastModified?: string
}

/** Longest validator that is sent back. */
const MOST_VALIDATOR_LENGTH = 256

/** Takes over what may be sent back (it is text of the other side); undefined where nothing may. The stronger one goes alone. */
export function toValidators(etag: string | undefined, lastModified: string | undefined): Validators | undefined {
  if (isSound(etag)) return { etag }
  return isSound(lastModified) ? { lastModified } : undefined
}

function isSound(text: string | undefined): text is string {
  return text !== undefined && text.length <= MOST_VALIDATOR_LENGTH && /^[\x20-\x7e]+$/.test(text)
}
