import { toPointer } from './pointer.ts'

const PLAIN_KEY = /^\w*$/

/**
 * A place in the merged document that may or may not hold something. Reading through one never fails, whatever the operator wrote:
 * a step into nothing is a cursor on nothing. `null` counts as nothing (product.md 2).
 */
export class Cursor {
  readonly value: unknown
  readonly pointer: string

  constructor(value: unknown, pointer = '') {
    this.value = value === null ? undefined : value
    this.pointer = pointer
  }

  /** Tells whether something is written here. */
  get isPresent(): boolean {
    return this.value !== undefined
  }

  /** The value, if it is a string that says something. */
  get text(): string | undefined {
    return typeof this.value === 'string' && this.value !== '' ? this.value : undefined
  }

  /** Goes to a key of a map, or on through several. */
  at(...keys: readonly string[]): Cursor {
    let { value, pointer } = this
    for (const key of keys) {
      value = isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined
      // A document has a hundred thousand places: those with nothing to escape take the short way.
      pointer += PLAIN_KEY.test(key) ? `/${key}` : toPointer([key])
    }
    return new Cursor(value, pointer)
  }

  /** The items of a list; none where there is no list. */
  items(): readonly Cursor[] {
    if (!Array.isArray(this.value)) return []
    return this.value.map((item: unknown, index) => new Cursor(item, `${this.pointer}/${index}`))
  }

  /** The strings of a list, or the one string that stands for a list. */
  texts(): readonly { readonly text: string; readonly pointer: string }[] {
    const places = typeof this.value === 'string' ? [this] : this.items()
    return places.flatMap(({ text, pointer }) => (text === undefined ? [] : [{ text, pointer }]))
  }

  /** The keys of a map that hold something. */
  keys(): readonly string[] {
    const { value } = this
    return isMapping(value) ? Object.keys(value).filter(key => value[key] !== null) : []
  }
}

/** Tells whether a value is a map of keys, as opposed to a list or a scalar. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
