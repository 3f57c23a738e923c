/** Most `kid`s that are remembered as unknown; beyond that a request waits for a fetch in flight, as it would without. */
const MOST_UNKNOWN_KIDS = 1_000
/** Longer ones are no honest `kid`s, and are not kept. */
const MOST_KID_LENGTH = 256

/**
 * The `kid`s that a fetch did not bring, within one cool-down: they are answered at once, also while another fetch is in flight.
 * Whoever keeps them clears them when the set changes and when a new cool-down begins.
 */
export class UnknownKids {
  readonly #kids = new Set<string>()

  has(kid: string | undefined): boolean {
    return kid !== undefined && this.#kids.has(kid)
  }

  note(kid: string | undefined): void {
    if (kid === undefined || kid.length > MOST_KID_LENGTH || this.#kids.size >= MOST_UNKNOWN_KIDS) return
    this.#kids.add(kid)
  }

  clear(): void {
    this.#kids.clear()
  }
}
