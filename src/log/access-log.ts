import type { Clock } from '../clock/clock.ts'
import type { LoggingSettings } from '../settings/model.ts'
import { type AccessRecord, toCombinedLine, toJsonLine } from './access-record.ts'
import type { LogDestination } from './destination.ts'
import { createTimestamp } from './timestamp.ts'

/** The log with one line for each exchange. */
export interface AccessLog {
  /** False for `access_log: off`: the record need not even be made. */
  readonly enabled: boolean
  write(record: AccessRecord): void
}

/**
 * Creates the access log of a setting; a reload that changes the setting makes another one on the same destination. Its lines
 * share the destination of the main log and do not depend on `logging.level`; `time` is when the request arrived.
 */
export function createAccessLog(
  format: LoggingSettings['accessLog'],
  destination: Pick<LogDestination, 'write'>,
  clock: Clock,
): AccessLog {
  if (format === 'off') return { enabled: false, write: () => {} }
  const timestamp = createTimestamp(clock)
  const toLine = format === 'combined' ? toCombinedLine : toJsonLine
  return {
    enabled: true,
    write: record => destination.write(`${toLine(record, timestamp(record.atMs))}\n`),
  }
}
