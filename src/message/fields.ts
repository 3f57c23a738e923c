/**
 * The field lines of a message, in the order received (RFC 9110 section 5). No Node.js type, no I/O.
 * Every line is seen: nothing is merged, dropped or chosen from.
 */
export class Fields {
  /** Name, value, name, value, … exactly as received. */
  readonly lines: readonly string[]
  /** The names in lower case: `names[i]` belongs to `lines[2 * i]` and `lines[2 * i + 1]`. */
  readonly names: readonly string[]

  constructor(lines: readonly string[]) {
    const names = new Array<string>(lines.length >> 1)
    for (let i = 0; i < names.length; i++) names[i] = (lines[2 * i] as string).toLowerCase()
    this.lines = lines
    this.names = names
  }

  /** Returns the value of the first line with this lower-case name, or undefined. */
  first(name: string): string | undefined {
    const at = this.names.indexOf(name)
    return at < 0 ? undefined : this.lines[2 * at + 1]
  }

  /** Counts the lines with this lower-case name. */
  count(name: string): number {
    let count = 0
    for (const candidate of this.names) if (candidate === name) count++
    return count
  }

  /** Returns the values of all lines with this lower-case name, in order. */
  all(name: string): readonly string[] {
    const values: string[] = []
    for (let i = 0; i < this.names.length; i++) if (this.names[i] === name) values.push(this.lines[2 * i + 1] as string)
    return values
  }
}
