/** The little of Markdown that our documents use. */

/** The fenced code blocks of a language, in order. */
export function readCodeBlocks(page: string, language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text)
}

/** The text below a heading, up to the next heading of its level or above; undefined where there is no such heading. */
export function readSection(page: string, heading: string): string | undefined {
  const start = page.indexOf(`${heading}\n`)
  if (start < 0 || (start > 0 && page[start - 1] !== '\n')) return undefined
  const level = heading.indexOf(' ')
  const rest = page.slice(start + heading.length)
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The rows of every table in a text as cells, without the head. */
export function readTableRows(text: string): readonly (readonly string[])[] {
  const rows = text.split('\n').filter(line => line.startsWith('|'))
  const isRule = (line: string | undefined): boolean => /^\|[\s|:-]+\|$/.test(line ?? '')
  const body = rows.filter((line, index) => !isRule(line) && !isRule(rows[index + 1]))
  return body.map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
}

/** Everything in backticks. */
export function readCode(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** Targets of links, outside code blocks. */
export function readLinks(page: string): readonly string[] {
  const prose = page.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

/** The anchors that the headings of a page make, as GitHub writes them. */
export function readAnchors(page: string): ReadonlySet<string> {
  const prose = page.replaceAll(/^```[\s\S]*?^```$/gm, '')
  const headings = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => text)
  return new Set(
    headings.map(text =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}
