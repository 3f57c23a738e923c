/** What a parser of one scalar answers: the value, or what is wrong with the text and what to write instead. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | Unparsable

export interface Unparsable {
  readonly ok: false
  /** Completes "`limits.idle_timeout` …"; no full stop. */
  readonly message: string
  readonly help: string | undefined
}

/** Wraps a parsed value. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

/** Says what is wrong with a text: the message completes "`limits.idle_timeout` …". */
export function unparsable(message: string, help?: string): Unparsable {
  return { ok: false, message, help }
}
