/** A value that must not be shown: it prints as a mask wherever it goes, and has one way out. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** Returns the value itself. Call it where the secret is used, never to store or print it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '(secret)'
  }

  toJSON(): string {
    return '(secret)'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '(secret)'
  }
}
