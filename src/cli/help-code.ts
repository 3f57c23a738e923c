import { nearest } from '../diagnostics/did-you-mean.ts'
import { CATALOGUE } from '../errors/catalogue.ts'
import { CONFIG_CODES } from '../errors/config-codes.ts'
import { isCommandName } from './command-list.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { renderHelp } from './help.ts'
import { type Output, printError, printJson } from './output.ts'

/**
 * Runs `help [CODE|COMMAND]`: prints the section of `docs/ERRORS.md` for a code, the help of a command, or the overview.
 * `readErrors` reads that page.
 */
export async function runHelp(
  positionals: readonly string[],
  output: Output,
  readErrors: () => Promise<string>,
): Promise<ExitCode> {
  const [topic] = positionals
  if (topic === undefined || isCommandName(topic)) {
    output.stdout.write(renderHelp(topic))
    return EXIT.success
  }
  // People copy codes from a terminal: `error[config.reference]:` is meant as well.
  const code = /([a-z_]+\.[a-z_]+)/.exec(topic)?.[1] ?? topic
  const known = [...Object.keys(CATALOGUE), ...Object.keys(CONFIG_CODES), 'token.invalid', 'application.denied']
  const section = known.includes(code) ? findSection(await readErrors(), code) : undefined
  if (section === undefined) {
    const near = nearest(code, known)
    printError(output, `no code \`${topic}\``, near === undefined ? undefined : `did you mean \`${near}\`?`)
    return EXIT.usage
  }
  if (output.json) printJson(output.stdout, { code, text: section })
  else output.stdout.write(`${section}\n`)
  return EXIT.success
}

/** Finds the section whose heading is the code; undefined if there is none. The text has no trailing line end. */
export function findSection(page: string, code: string): string | undefined {
  const lines = page.split('\n')
  const start = lines.indexOf(`### \`${code}\``)
  if (start < 0) return undefined
  const length = lines.slice(start + 1).findIndex(line => /^#{1,3} /.test(line))
  return lines
    .slice(start, length < 0 ? undefined : start + 1 + length)
    .join('\n')
    .trimEnd()
}
