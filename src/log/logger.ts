/** What rooms need of a logger. `log/pino-logger.ts` makes one from pino; nobody else knows pino. */
export interface Logger {
  debug(facts: LogFacts, message: string): void
  info(facts: LogFacts, message: string): void
  warn(facts: LogFacts, message: string): void
  error(facts: LogFacts, message: string): void
}

/** Facts of one record. `err` is an error with its cause chain. Never a token, key, password, or query value. */
export type LogFacts = Readonly<Record<string, unknown>>
