import { setImmediate as turn } from 'node:timers/promises'

/**
 * Asks again and again, at most until the deadline, for what gives no event: another process's state over HTTP. Rejects with what
 * was seen last.
 */
export async function eventually<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  deadlineMs = 10_000,
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${deadlineMs} ms`)
    await turn()
  }
}
