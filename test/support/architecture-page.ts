/** Reads what `docs/ARCHITECTURE.md` promises about `src/`: layers, limits, and the rooms of each package. */

export interface ArchitecturePage {
  /** Room to the number of its layer; lower is further left. */
  readonly layers: ReadonlyMap<string, number>
  readonly limits: readonly ArrowLimit[]
  /** Package or platform module to the rooms that may import it. */
  readonly packages: ReadonlyMap<string, ReadonlySet<string>>
  /** Rooms that have a row, and so an invariant, in the room table. */
  readonly described: ReadonlySet<string>
}

export interface ArrowLimit {
  readonly room: string
  readonly kind: 'imports' | 'imported'
  readonly rooms: ReadonlySet<string>
}

/** Parses the page. Throws where it no longer has the shape that this expects. */
export function parseArchitecturePage(markdown: string): ArchitecturePage {
  const layers = new Map<string, number>()
  for (const [index, line] of fence(markdown, 'arrows').entries())
    for (const room of line.split('|')) layers.set(room.trim(), index)

  const limits = fence(markdown, 'arrows-limits').map(line => {
    const match = /^(\S+): (imports|imported) only (?:by )?(.+)$/.exec(line)
    if (match === null) throw new Error(`not a limit: ${line}`)
    return {
      room: match[1] as string,
      kind: match[2] as ArrowLimit['kind'],
      rooms: new Set((match[3] as string).split(' ')),
    }
  })

  const packages = new Map<string, ReadonlySet<string>>()
  for (const [name, rooms] of rows(markdown, '## Packages and platform modules'))
    packages.set(codes(name)[0] ?? '', new Set(codes(rooms)))

  const described = new Set<string>()
  for (const [room, , invariant] of rows(markdown, '## Rooms'))
    if ((invariant ?? '').trim() !== '') described.add(codes(room)[0] ?? '')

  return { layers, limits, packages, described }
}

function fence(markdown: string, language: string): string[] {
  const match = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(markdown)
  if (match === null) throw new Error(`no \`\`\`${language} block`)
  return (match[1] as string).split('\n').filter(line => line.trim() !== '')
}

/** The body rows of the first table under a heading. */
function rows(markdown: string, heading: string): string[][] {
  const section = markdown.split(`\n${heading}\n`)[1]?.split('\n## ')[0]
  if (section === undefined) throw new Error(`no section ${heading}`)
  return section
    .split('\n')
    .filter(line => line.startsWith('|'))
    .slice(2)
    .map(line => line.split('|').slice(1, -1))
}

function codes(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(match => match[1] as string)
}
