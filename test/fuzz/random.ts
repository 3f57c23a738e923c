/** Numbers for generators: quick, seeded, and the same on every machine (sfc32). One case has a generator of its own, so that it can be had again. */
export class Random {
  #a = 0
  #b = 0
  #c = 0
  #counter = 1

  /** Starts at a case of a seed. */
  constructor(seed: number, index = 0) {
    this.restart(seed, index)
  }

  /** Starts again at a case of a seed; cheaper than a new object for each case. */
  restart(seed: number, index: number): this {
    this.#a = seed | 0
    this.#b = index | 0
    this.#c = (seed ^ 0x9e3779b9) | 0
    this.#counter = 1
    for (let i = 0; i < 12; i++) this.next()
    return this
  }

  /** Returns 32 random bits as a number from 0. */
  next(): number {
    const mixed = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + mixed
    this.#c |= 0
    return mixed >>> 0
  }

  /** Returns a whole number from 0 to below `bound`. */
  below(bound: number): number {
    return Math.floor((this.next() / 4_294_967_296) * bound)
  }

  /** Says yes in this share of the cases. */
  chance(share: number): boolean {
    return this.next() < share * 4_294_967_296
  }

  /** Picks one. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  /** Makes text of some of these characters. */
  text(characters: string, length: number): string {
    let text = ''
    for (let i = 0; i < length; i++) text += characters[this.below(characters.length)]
    return text
  }

  /** Makes text of any octets, as Latin-1. */
  octets(length: number): string {
    let text = ''
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.below(256))
    return text
  }
}
