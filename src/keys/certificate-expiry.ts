import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import { plural } from '../diagnostics/plural.ts'
import type { Finding } from '../diagnostics/problem.ts'
import type { Logger } from '../log/logger.ts'
import type { Settings } from '../settings/model.ts'
import type { CertificateInUse, CertificateUse } from './certificate-in-use.ts'

const DAY_MS = 86_400_000
/** Days before the end at which a certificate is warned about; 0: it is over. */
const THRESHOLDS = [30, 14, 3, 0] as const

const WORDS: Readonly<Record<CertificateUse, string>> = {
  server: 'server certificate',
  client: 'client certificate',
  authority: 'certificate of an authority',
  issuer: 'certificate of an issuer',
}

/** The nearest threshold that a certificate has passed; undefined while it has more than 30 days left. */
export function passedThreshold(
  { notAfterMs }: Pick<CertificateInUse, 'notAfterMs'>,
  nowMs: number,
): number | undefined {
  const left = notAfterMs - nowMs
  return THRESHOLDS.findLast(days => left <= days * DAY_MS)
}

/** Full days that a certificate is still good; negative once it is over. */
export function daysLeft({ notAfterMs }: Pick<CertificateInUse, 'notAfterMs'>, nowMs: number): number {
  return Math.floor((notAfterMs - nowMs) / DAY_MS)
}

export interface ExpiryWatchParts {
  readonly clock: Clock
  readonly schedule: Schedule
  readonly logger: Logger
}

/** Looks after the dates of the certificates in use, daily: each is warned about once when it passes a threshold. */
export class ExpiryWatch {
  readonly #certificates: () => readonly CertificateInUse[]
  readonly #parts: ExpiryWatchParts
  /** Thresholds that were told, by certificate and its place; what is no longer in use is forgotten. */
  #told = new Map<string, number>()
  #cancel: () => void = () => {}
  #isClosed = false

  constructor(certificates: () => readonly CertificateInUse[], parts: ExpiryWatchParts) {
    this.#certificates = certificates
    this.#parts = parts
  }

  /** Looks now, and again in a day. */
  look(): void {
    this.#cancel()
    if (this.#isClosed) return
    const nowMs = this.#parts.clock.now()
    const told = new Map<string, number>()
    for (const certificate of this.#certificates()) {
      const { store, alias, use, fingerprint } = certificate
      const key = JSON.stringify([store, alias, use, fingerprint])
      const passed = passedThreshold(certificate, nowMs)
      if (passed === undefined) continue
      told.set(key, passed)
      if (this.#told.get(key) !== passed) this.#tell(certificate, nowMs)
    }
    this.#told = told
    this.#cancel = this.#parts.schedule(DAY_MS, () => this.look())
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
  }

  #tell(certificate: CertificateInUse, nowMs: number): void {
    const { store, alias, use, fingerprint, notAfterMs } = certificate
    const facts = {
      store,
      alias,
      use,
      fingerprint,
      notAfter: toDate(notAfterMs),
      daysLeft: daysLeft(certificate, nowMs),
    }
    this.#parts.logger.warn(facts, notAfterMs <= nowMs ? 'a certificate has expired' : 'a certificate expires soon')
  }
}

/**
 * Finds the certificates that end within 30 days, as warnings for whoever checks a configuration. Dates of PEM files that are over
 * already are the `settings` room's to tell: it reads them first.
 */
export function findExpiring(
  certificates: readonly CertificateInUse[],
  { keystores, truststores }: Pick<Settings, 'keystores' | 'truststores'>,
  nowMs: number,
): readonly Finding[] {
  const files = new Set([...keystores, ...truststores].filter(({ type }) => type !== 'pem').map(({ name }) => name))
  return certificates.flatMap(certificate => {
    const { store, alias, use, notBeforeMs, notAfterMs, pointer } = certificate
    const what = `the ${WORDS[use]} \`${alias}\` of store \`${store}\``
    const warn = (code: Finding['code'], message: string): Finding[] => [
      { code, severity: 'warning', message: `${what} ${message}`, pointer, help: 'replace it' },
    ]
    if (notAfterMs <= nowMs) return files.has(store) ? warn('config.unusable', `expired on ${toDate(notAfterMs)}`) : []
    if (notBeforeMs > nowMs) {
      return files.has(store) ? warn('config.unusable', `is not valid before ${toDate(notBeforeMs)}`) : []
    }
    if (passedThreshold(certificate, nowMs) === undefined) return []
    return warn(
      'config.expires_soon',
      `expires on ${toDate(notAfterMs)}: ${plural(daysLeft(certificate, nowMs), 'day')} left`,
    )
  })
}

function toDate(ms: number): string {
  return new Date(ms).toISOString()
}
