import type { LogDestination } from './destination.ts'

/**
 * Makes a destination keep its promise whatever it is made of: a line that it throws at counts as dropped. Logging is the last thing that
 * is done about most mishaps, so nothing is left to catch what it throws.
 */
export function createUnfailingDestination(destination: LogDestination): LogDestination {
  let lost = 0
  return {
    write(line) {
      try {
        destination.write(line)
      } catch {
        lost += 1
      }
    },
    get dropped() {
      return destination.dropped + lost
    },
    close: async () => {
      await destination.close()
    },
  }
}
