/** How long answers took, in milliseconds. */
export class Latencies {
  #all: number[] = []

  add(ms: number): void {
    this.#all.push(ms)
  }

  get count(): number {
    return this.#all.length
  }

  /** The value that this share of the answers did not exceed; 0 where there is none. */
  quantile(share: number): number {
    const sorted = this.#all.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  }

  get p99(): number {
    return round(this.quantile(0.99))
  }

  get slowest(): number {
    return round(this.quantile(1))
  }
}

/** Rounds milliseconds for a line of figures. */
export function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
