/**
 * Problems with a place in a text. This room renders them for people and machines;
 * it never reads a file, never decides what is a problem, and knows nothing of YAML.
 */
import type { ConfigCode } from '../errors/config-codes.ts'

export type Severity = 'error' | 'warning'

/** A range in a text that an operator wrote. */
export interface Place {
  /** File name as the operator gave it, or a label such as `environment`. */
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 code units. */
  readonly column: number
  /** Length of the marked range on its first line, in code units; at least 1. */
  readonly length: number
}

/** Something wrong with the configuration, ready to be shown. */
export interface Problem {
  readonly code: ConfigCode
  readonly severity: Severity
  /** One sentence that stands alone; lower case, no full stop; names in backticks. */
  readonly message: string
  /** Absent only where no text is to blame (for example a missing file named on the command line). */
  readonly place?: Place
  /** Short text under the carets. */
  readonly label?: string
  /** A second place that explains the first, such as the near candidate of a dangling reference. */
  readonly related?: readonly { readonly place: Place; readonly label: string }[]
  /** What to do about it. */
  readonly help?: string
  /** JSON pointer (RFC 6901) into the merged document, for tools. */
  readonly pointer?: string
}

/**
 * Something wrong with the merged settings, told by JSON pointer; `settings/locate.ts` turns it into a Problem.
 * This is how rooms that know no file (references, keys, expressions, claim sets) report.
 */
export interface Finding {
  readonly code: ConfigCode
  readonly severity: Severity
  readonly message: string
  /** JSON pointer (RFC 6901) into the merged document; the nearest existing ancestor is marked if it has no text. */
  readonly pointer: string
  /** Mark the key instead of the value. */
  readonly atKey?: boolean
  /** Range inside the scalar's value, in code units: for an error in an expression. */
  readonly range?: readonly [start: number, end: number]
  readonly label?: string
  readonly related?: readonly { readonly pointer: string; readonly label: string; readonly atKey?: boolean }[]
  readonly help?: string
}
