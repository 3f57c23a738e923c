/** A bounded number of places, with a bounded queue before them. */
export interface Slots {
  /**
   * Runs something as soon as a place is free, first come first served.
   * Returns undefined, at once and without running it, when all places and the queue are taken.
   */
  run<T>(work: () => Promise<T>): Promise<T> | undefined
  /** True when nothing runs and nothing waits. */
  isIdle(): boolean
}

/** Creates places for `places` things at a time and a queue of at most `queue` more. */
export function createSlots(places: number, queue: number): Slots {
  let taken = 0
  const waiting: (() => void)[] = []

  const enter = (): Promise<void> | undefined => {
    if (taken < places) {
      taken += 1
      return Promise.resolve()
    }
    return waiting.length < queue ? new Promise(resolve => waiting.push(resolve)) : undefined
  }
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) taken -= 1
    else next()
  }
  return {
    run: work => enter()?.then(work).finally(leave),
    isIdle: () => taken === 0,
  }
}
