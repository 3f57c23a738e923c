/**
 * What the header of a sample asks a reader to do, line by line:
 *
 *     # & COMMAND    runs in a terminal of its own, until the end
 *     # $ COMMAND    runs in the shell
 *     # -> 401 CODE with `TEXT` without `TEXT`    what the command above must print: a status, and optionally the rest
 */
import assert from 'node:assert/strict'

export interface SampleCommand {
  readonly kind: 'background' | 'shell'
  readonly command: string
  readonly expected: ExpectedAnswer | undefined
  /** Number of its line, for messages. */
  readonly line: number
}

export interface ExpectedAnswer {
  readonly status: number
  /** Code of the problem document. */
  readonly code: string | undefined
  readonly present: readonly string[]
  readonly absent: readonly string[]
}

/** Reads the comment that a sample begins with. Fails the test where a line is in no known form. */
export function readSampleHeader(text: string): readonly SampleCommand[] {
  const lines = text.split('\n')
  const end = lines.findIndex(line => !line.startsWith('#'))
  const commands: SampleCommand[] = []
  for (const [index, line] of lines.slice(0, end).entries()) {
    const [, mark, rest = ''] = /^# (&|\$|->) (.*)$/.exec(line) ?? []
    if (mark === '->') {
      const asked = commands.pop()
      assert.ok(asked?.kind === 'shell' && asked.expected === undefined, `line ${index + 1}: an answer to no call`)
      commands.push({ ...asked, expected: readAnswer(rest, index + 1) })
    } else if (mark !== undefined) {
      const kind = mark === '&' ? 'background' : 'shell'
      commands.push({ kind, command: rest, expected: undefined, line: index + 1 })
    }
  }
  return commands
}

function readAnswer(text: string, line: number): ExpectedAnswer {
  const [, status, code, rest = ''] = /^(\d{3})(?: ([a-z_]+\.[a-z_]+))?((?: with(?:out)? `[^`]+`)*)$/.exec(text) ?? []
  assert.ok(status !== undefined, `line ${line}: an answer in no known form: ${text}`)
  const texts = (word: string) =>
    [...rest.matchAll(new RegExp(` ${word} \`([^\`]+)\``, 'g'))].map(found => `${found[1]}`)
  return { status: Number(status), code, present: texts('with'), absent: texts('without') }
}
