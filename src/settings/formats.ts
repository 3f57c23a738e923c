import { parseAddressRange } from './address-range.ts'
import { parseAlternativeName, parseDistinguishedName } from './certificate-names.ts'
import { parseBaseUrl, parseHttpUrl, parseUpstream } from './http-url.ts'
import { parseListenAddress } from './listen-address.ts'
import { parseApiKey, parseFieldName, parseHostName, parseHostPattern, parseName, parseScope } from './names.ts'
import type { Parsed } from './parsed.ts'
import { parseBasePath, parseCall, parseRouteMatch } from './path-template.ts'
import { parsePointInTime } from './point-in-time.ts'
import { parsePasswordHash } from './secret-text.ts'
import { parseDuration, parseDurationOrZero, parseSize, parseWorkerCount } from './units.ts'

/** The `format`s of our schemas: each is a parser of ours, so that a refusal comes with its own words. */
export const FORMATS: ReadonlyMap<string, (text: string) => Parsed<unknown>> = new Map<
  string,
  (text: string) => Parsed<unknown>
>([
  ['address-range', parseAddressRange],
  ['api-key', parseApiKey],
  ['base-path', parseBasePath],
  ['base-url', parseBaseUrl],
  ['call', parseCall],
  ['certificate-name', parseAlternativeName],
  ['distinguished-name', parseDistinguishedName],
  ['duration', parseDuration],
  ['duration-or-zero', parseDurationOrZero],
  ['field-name', parseFieldName],
  ['host-name', parseHostName],
  ['host-pattern', parseHostPattern],
  ['http-url', parseHttpUrl],
  ['listen-address', parseListenAddress],
  ['name', parseName],
  ['password-hash', parsePasswordHash],
  ['route-match', parseRouteMatch],
  ['scope', parseScope],
  ['size', parseSize],
  ['time', parsePointInTime],
  ['upstream', parseUpstream],
  ['worker-count', parseWorkerCount],
])
