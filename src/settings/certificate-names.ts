import { normalizeAddress } from '../message/address.ts'
import { canonicalName } from '../message/distinguished-name.ts'
import { parseHostName } from './names.ts'
import { type Parsed, parsed, unparsable } from './parsed.ts'

/**
 * Parses a subject alternative name as the certificate of a caller is compared with it: addresses in their one form, DNS names in lower case, URIs
 * and e-mail addresses as they are (RFC 5280 section 7).
 */
export function parseAlternativeName(text: string): Parsed<string> {
  if (text === '' || text.length > 1024 || /[\s\u0000-\u001f\u007f]/.test(text)) {
    return unparsable('is not a name of a certificate', 'write it without its kind, as in `billing.example.com`')
  }
  const address = normalizeAddress(text)
  if (address !== undefined) return parsed(address)
  const host = parseHostName(text.replace(/^\*\./, ''))
  return parsed(host.ok ? text.toLowerCase() : text)
}

/** Parses the subject of a certificate to the form in which subjects are compared. */
export function parseDistinguishedName(text: string): Parsed<string> {
  const name = canonicalName(text)
  return name === undefined
    ? unparsable('is not a distinguished name', 'write it as in `CN=billing,O=Example,C=DE`, most specific part first')
    : parsed(name)
}

/** Writes a fingerprint as it is compared: lower case, no colons. */
export function canonicalFingerprint(text: string): string {
  return text.replaceAll(':', '').toLowerCase()
}
