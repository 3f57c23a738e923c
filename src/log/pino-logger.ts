/**
 * The gateway's log: pino behind our own small interface, one JSON object a line, secrets masked by name and by look.
 * Nobody outside this room knows pino. The shape of the access record is `access-record.ts`.
 */
import { pino } from 'pino'
import type { Clock } from '../clock/clock.ts'
import type { LoggingSettings } from '../settings/model.ts'
import type { LogDestination } from './destination.ts'
import type { Logger } from './logger.ts'
import { redactFacts } from './redaction.ts'
import { createTimestamp } from './timestamp.ts'

/** A logger whose level can change with a reload. */
export interface AdjustableLogger extends Logger {
  setLevel(level: LoggingSettings['level']): void
}

/** Creates the logger of one gateway. Facts are copied and masked only for lines that the level lets through. */
export function createLogger(
  settings: Pick<LoggingSettings, 'level'>,
  destination: Pick<LogDestination, 'write'>,
  clock: Clock,
): AdjustableLogger {
  const timestamp = createTimestamp(clock)
  const log = pino(
    {
      level: settings.level,
      base: null,
      timestamp: () => `,"time":"${timestamp()}"`,
      formatters: { level: label => ({ level: label }), log: redactFacts },
      // Errors are described by the redaction above; pino's own description would keep texts that it masks.
      serializers: { err: (value: unknown) => value },
    },
    destination,
  )
  return {
    debug: (facts, message) => log.debug(facts, message),
    info: (facts, message) => log.info(facts, message),
    warn: (facts, message) => log.warn(facts, message),
    error: (facts, message) => log.error(facts, message),
    setLevel(level) {
      log.level = level
    },
  }
}
