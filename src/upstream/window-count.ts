/** Parts of a window: what was counted leaves it one part at a time. */
const SLOTS = 10

/** Counts what happened in the time just passed. The clock is the caller's; one that is set back starts the count anew. */
export class WindowCount {
  readonly #slotMs: number
  readonly #counts: Float64Array = new Float64Array(SLOTS)
  #slot = 0

  constructor(windowMs: number) {
    this.#slotMs = windowMs / SLOTS
  }

  /** Counts one. */
  add(nowMs: number): void {
    this.#moveTo(nowMs)
    const at = this.#slot % SLOTS
    this.#counts[at] = (this.#counts[at] as number) + 1
  }

  /** What was counted in the window. */
  total(nowMs: number): number {
    this.#moveTo(nowMs)
    let total = 0
    for (const count of this.#counts) total += count
    return total
  }

  /** What was counted in the newest tenth of the window. */
  newest(nowMs: number): number {
    this.#moveTo(nowMs)
    return this.#counts[this.#slot % SLOTS] as number
  }

  clear(): void {
    this.#counts.fill(0)
  }

  #moveTo(nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs)
    const passed = slot - this.#slot
    // A little earlier: the time of a request that waited elsewhere meanwhile.
    if (passed === 0 || (passed < 0 && passed > -SLOTS)) return
    if (passed < 0 || passed >= SLOTS) this.#counts.fill(0)
    else for (let each = this.#slot + 1; each <= slot; each++) this.#counts[each % SLOTS] = 0
    this.#slot = slot
  }
}
