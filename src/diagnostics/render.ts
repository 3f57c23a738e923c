/** Renders problems for people: headline with code, place, code frame with a second span, help. Layout: ecosystem.md 1.14 and 4.4. */
import { styleText } from 'node:util'
import { drawFrame, gutterWidth, type Mark, type Paint } from './code-frame.ts'
import { plural } from './plural.ts'
import { toPrintable } from './printable.ts'
import type { Place, Problem, Severity } from './problem.ts'

/** How problems are shown. */
export interface RenderOptions {
  /** Use terminal colours. The caller decides (a terminal, `NO_COLOR`); nothing is detected here. */
  readonly color: boolean
}

/**
 * Renders problems in the order given, one empty line between two, without a final line break.
 * `sources` holds the texts by `Place.file`; a place in an unknown file is named but not drawn.
 */
export function renderProblems(
  problems: readonly Problem[],
  sources: ReadonlyMap<string, string>,
  options: RenderOptions,
): string {
  const lines = new Map<string, readonly string[]>()
  const linesOf = (file: string): readonly string[] | undefined => {
    const known = lines.get(file) ?? sources.get(file)?.split('\n')
    if (known !== undefined) lines.set(file, known)
    return known
  }
  return problems.map(problem => renderProblem(problem, linesOf, options).join('\n')).join('\n\n')
}

/** Counts problems: `4 errors, 1 warning`. */
export function renderCount(problems: readonly Problem[]): string {
  const errors = problems.filter(problem => problem.severity === 'error').length
  return `${plural(errors, 'error')}, ${plural(problems.length - errors, 'warning')}`
}

type LinesOf = (file: string) => readonly string[] | undefined

function renderProblem(problem: Problem, linesOf: LinesOf, options: RenderOptions): string[] {
  const paint = paintFor(problem.severity, options)
  const title = `${problem.severity}[${problem.code}]`
  const output = [`${paint('primary', title)}: ${toPrintable(problem.message)}`]
  const related = problem.related ?? []
  const width = gutterWidth([problem.place, ...related.map(each => each.place)].filter(isPlace))
  const gutter = paint('gutter', `${' '.repeat(width)} |`)
  if (problem.place !== undefined) {
    const marks: Mark[] = [{ place: problem.place, label: problem.label ?? '', primary: true }]
    for (const each of related) marks.push({ ...each, primary: false })
    let arrow = '-->'
    for (const [file, inFile] of groupByFile(marks)) {
      const first = inFile[0]?.place ?? problem.place
      output.push(`${' '.repeat(width)}${paint('gutter', arrow)} ${toPrintable(file)}:${first.line}:${first.column}`)
      const lines = linesOf(file)
      if (lines !== undefined) output.push(gutter, ...drawFrame(lines, inFile, width, paint))
      arrow = ':::'
    }
  }
  if (problem.help !== undefined) {
    output.push(`${' '.repeat(width + 1)}${paint('gutter', '= help:')} ${toPrintable(problem.help)}`)
  }
  return output
}

function isPlace(place: Place | undefined): place is Place {
  return place !== undefined
}

/** Keeps the order of first appearance: the file of the problem itself comes first. */
function groupByFile(marks: readonly Mark[]): Map<string, Mark[]> {
  const byFile = new Map<string, Mark[]>()
  for (const mark of marks) {
    const inFile = byFile.get(mark.place.file)
    if (inFile === undefined) byFile.set(mark.place.file, [mark])
    else inFile.push(mark)
  }
  return byFile
}

function paintFor(severity: Severity, options: RenderOptions): Paint {
  if (!options.color) return (_style, text) => text
  const primary = severity === 'error' ? 'red' : 'yellow'
  // The caller has decided that colours are wanted: `styleText` must not look at this process's own streams.
  const style = (format: 'blue' | 'cyan' | 'red' | 'yellow', text: string) =>
    styleText(['bold', format], text, { validateStream: false })
  return (part, text) => style(part === 'gutter' ? 'blue' : part === 'secondary' ? 'cyan' : primary, text)
}
