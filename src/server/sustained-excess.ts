/**
 * Tells an excess that lasts from one that passes: up after several measurements in a row above the limit, down again after several
 * in a row below a lower one. A single stall, however long, is one measurement.
 */
export class SustainedExcess {
  readonly #riseAfter: number
  readonly #fallAfter: number
  readonly #longest: number
  #inARow = 0
  #sinceChange = 0
  #isUp = false

  /**
   * @param riseAfter measurements in a row that make it so; `fallAfter`: that end it
   * @param longest measurements after which it ends whatever they say, for what does not get less while nothing happens
   */
  constructor(riseAfter: number, fallAfter: number, longest = Number.POSITIVE_INFINITY) {
    this.#riseAfter = riseAfter
    this.#fallAfter = fallAfter
    this.#longest = longest
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Takes a measurement; returns whether that changed anything. `release` is at most `limit`. */
  observe(value: number, limit: number, release: number): boolean {
    const speaksForChange = this.#isUp ? value <= release : value > limit
    this.#inARow = speaksForChange ? this.#inARow + 1 : 0
    this.#sinceChange += 1
    const isOverdue = this.#isUp && this.#sinceChange >= this.#longest
    if (!isOverdue && this.#inARow < (this.#isUp ? this.#fallAfter : this.#riseAfter)) return false
    this.#isUp = !this.#isUp
    this.#inARow = 0
    this.#sinceChange = 0
    return true
  }
}
