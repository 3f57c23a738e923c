import { toPrintable } from '../diagnostics/printable.ts'
import { entryOf, publicCodeOf } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'
import type { CommandLine } from './arguments.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Output, printError, printJson, printProblems } from './output.ts'
import type { TokenParts } from './token.ts'
import { printToken } from './token-show.ts'

/**
 * Runs `token verify`: judges a token by the configured auth servers, keys fetched as the gateway fetches them. Exit code 0 if it
 * is verified, 1 if it is refused, 69 if its keys cannot be had now, 78 if the configuration is not valid. Audience and application
 * depend on the API and are not judged here.
 */
export async function runTokenVerify(
  compact: string,
  line: CommandLine,
  output: Output,
  parts: Pick<TokenParts, 'load' | 'verify'>,
): Promise<ExitCode> {
  const loaded = await parts.load(line.config)
  if (loaded.settings === undefined) {
    printProblems(output, loaded)
    return EXIT.configuration
  }
  const verdict = await parts.verify(loaded.settings, compact)
  if (!verdict.ok) return reportRefusal(verdict.error, output)
  const { header, claims, authServer, keyOwner } = verdict.value
  if (output.json) {
    printJson(output.stdout, { verified: true, auth_server: authServer, key_owner: keyOwner, header, claims })
  } else {
    printToken(output, header, claims)
    const owner = keyOwner === undefined ? '' : `, with the key of application ${toPrintable(keyOwner)}`
    output.stdout.write(`verified by ${toPrintable(authServer)}${owner}\n`)
  }
  return EXIT.success
}

function reportRefusal(denial: Denial, output: Output): ExitCode {
  const { code, facts, detail } = denial
  if (output.json) {
    printJson(output.stdout, { verified: false, code, public_code: publicCodeOf(code), detail, facts })
  } else {
    const listed = Object.entries(facts ?? {}).map(([name, value]) => `\n  ${name}: ${toPrintable(String(value))}`)
    const message = `${code}: ${entryOf(code).title}${listed.join('')}`
    printError(output, message, `microgateway help ${code}`)
  }
  return entryOf(code).side === 'caller' ? EXIT.notFine : EXIT.unavailable
}
