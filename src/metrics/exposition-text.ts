/** What a family of samples is. */
export type Kind = 'counter' | 'gauge' | 'histogram'
/** Names to values. */
export type Labels = Readonly<Record<string, string>>

/** The lines of the text format; a sample belongs to the family that was opened last. */
export class Exposition {
  readonly #lines: string[] = []
  #family = ''

  family(name: string, kind: Kind, help: string): this {
    this.#family = name
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`)
    return this
  }

  sample(labels: Labels, value: number, suffix = ''): this {
    const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escapeLabel(text)}"`)
    this.#lines.push(`${this.#family}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`)
    return this
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }
}

function escapeLabel(text: string): string {
  return text.replaceAll(/[\\"\n]/g, character => (character === '\n' ? '\\n' : `\\${character}`))
}
