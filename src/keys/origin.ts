/**
 * The keys of one auth server, made from its settings: this is how the rest of the gateway gets a KeySource.
 * Nothing here tells why a key is wanted, and no key is ever shared between two issuers. `snapshot/compile` calls it.
 */
import type { Clock } from '../clock/clock.ts'
import { createSystemSchedule, type Schedule } from '../clock/schedule.ts'
import type { Logger } from '../log/logger.ts'
import type { FetchDocument } from '../outbound/fetch-document.ts'
import type { AuthServerSettings } from '../settings/model.ts'
import { createCertificateSource } from './certificate.ts'
import { createFixedSource } from './fixed-keys.ts'
import { createJwksFileSource } from './jwks-file.ts'
import { createJwksUriSource } from './jwks-uri.ts'
import type { KeyCopies } from './key-copies.ts'
import type { KeySource, VerificationKey } from './key-source.ts'
import type { SharedFetch } from './shared-fetch.ts'

export interface KeySourceParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly fetchDocument: FetchDocument
  /** Lets sources that want one document share its fetch; each fetches for itself without. */
  readonly sharedFetch?: SharedFetch
  /** Last good key sets on disk; none are kept without. */
  readonly keyCopies?: KeyCopies
  /** Number from 0 to below 1, for jitter. `Math.random` by default. */
  readonly random?: () => number
  /** Timers for the refreshes. The system's by default; they never keep the process alive. */
  readonly schedule?: Schedule
  /** This gateway's own public keys, for the origin `own`; asked at each use. */
  readonly own?: () => readonly VerificationKey[]
  /** The pinned certificate in PEM, for the origin `certificate`. */
  readonly certificate?: string | undefined
}

/**
 * Creates the key source of an auth server. Files are read at once; a key set from a URI is fetched in the background,
 * beginning now. Never throws: a source without keys says why in its status, and its tokens get 503.
 */
export function createKeySource(settings: AuthServerSettings, parts: KeySourceParts): KeySource {
  const { keys, name } = settings
  const { clock, logger } = parts
  switch (keys.kind) {
    case 'jwksUri':
    case 'discovery':
      return createJwksUriSource(name, keys, {
        clock,
        logger,
        issuer: settings.issuer,
        ...(parts.sharedFetch !== undefined && { shared: parts.sharedFetch }),
        ...(parts.keyCopies !== undefined && { copies: parts.keyCopies }),
        fetchDocument: parts.fetchDocument,
        random: parts.random ?? Math.random,
        schedule: parts.schedule ?? createSystemSchedule(),
      })
    case 'jwksFile':
      return createJwksFileSource(name, keys.file, { clock, logger })
    case 'certificate':
      return createCertificateSource(name, parts.certificate, { clock, logger })
    case 'own':
      return createFixedSource({ authServer: name, origin: 'own', keys: parts.own ?? noKeys })
    case 'none':
      return createFixedSource({ authServer: name, origin: 'none', keys: noKeys })
  }
}

function noKeys(): readonly VerificationKey[] {
  return []
}
