/** What was measured of late. Milliseconds. */
export interface DelayFigures {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The last measurements, a fixed number of them: taking one writes one number, only reading them sorts. */
export class RecentDelays {
  readonly #values: Float64Array
  #count = 0

  /** @param size measurements that are kept */
  constructor(size: number) {
    this.#values = new Float64Array(size)
  }

  add(delayMs: number): void {
    this.#values[this.#count % this.#values.length] = delayMs
    this.#count += 1
  }

  /** Reads the figures; zeros before the first measurement. */
  figures(): DelayFigures {
    const sorted = this.#values.slice(0, Math.min(this.#count, this.#values.length)).sort()
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
    return { p50: at(0.5), p99: at(0.99), max: at(1) }
  }
}
