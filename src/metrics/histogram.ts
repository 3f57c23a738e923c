/** Upper bounds in seconds, as OpenTelemetry advises for `http.server.request.duration`. */
export const DURATION_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]

/** A histogram with fixed buckets: observing is a comparison or two and two additions. */
export class Histogram {
  /** Observations per bucket, the last one beyond all bounds; not cumulative. */
  readonly buckets: Float64Array = new Float64Array(DURATION_BOUNDS.length + 1)
  /** Sum of all observations, in seconds. */
  sum = 0

  /** Counts one duration in seconds. */
  observe(seconds: number): void {
    let at = 0
    while (at < DURATION_BOUNDS.length && seconds > (DURATION_BOUNDS[at] as number)) at += 1
    this.buckets[at] = (this.buckets[at] as number) + 1
    this.sum += seconds
  }

  /** Number of observations. */
  get count(): number {
    let count = 0
    for (const bucket of this.buckets) count += bucket
    return count
  }
}
