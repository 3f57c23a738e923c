import type { LogFacts, Logger } from '../../src/log/logger.ts'

export interface LoggedLine {
  readonly level: keyof Logger
  readonly facts: LogFacts
  readonly message: string
}

/** A logger that prints nothing and keeps what it was told. */
export interface SilentLogger extends Logger {
  readonly lines: readonly LoggedLine[]
}

/** Creates a silent logger. */
export function createSilentLogger(): SilentLogger {
  const lines: LoggedLine[] = []
  const keep = (level: keyof Logger) => (facts: LogFacts, message: string) => {
    lines.push({ level, facts, message })
  }
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}
