import type { Result } from '../errors/denial.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { LoadResult } from '../settings/load.ts'
import type { AuthServerSettings, Settings } from '../settings/model.ts'
import type { VerifiedJwt } from '../tokens/jwt.ts'
import type { CommandLine } from './arguments.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Output, printError } from './output.ts'
import { runTokenNew } from './token-new.ts'
import { runTokenShow } from './token-show.ts'
import { runTokenVerify } from './token-verify.ts'

export interface TokenParts {
  readonly load: (layers: readonly string[]) => Promise<LoadResult>
  /** Opens one of our issuers with its kept key; the error is one sentence for the operator. */
  readonly openIssuer: (settings: Settings, authServer: AuthServerSettings) => Promise<Result<Issuer, string>>
  /** Verifies by the auth servers of the settings, with the code that serves requests. */
  readonly verify: (settings: Settings, compact: string) => Promise<Result<VerifiedJwt>>
  /** Reads standard input whole, where the token is not an argument. */
  readonly readInput: () => Promise<string>
}

/** Runs `token new|show|verify`. */
export async function runToken(line: CommandLine, output: Output, parts: TokenParts): Promise<ExitCode> {
  const [action, ...rest] = line.positionals
  if (rest.length > (action === 'new' ? 0 : 1)) return misuse(output, `\`token ${action}\` takes fewer arguments`)
  switch (action) {
    case 'new':
      return runTokenNew(line, output, parts)
    case 'show':
      return runTokenShow(await readToken(rest[0], parts), output)
    case 'verify':
      return runTokenVerify(await readToken(rest[0], parts), line, output, parts)
    default:
      return misuse(
        output,
        action === undefined ? '`token` needs new, show or verify' : `no action \`token ${action}\``,
      )
  }
}

/** Takes the argument or standard input; a pasted `Authorization: Bearer` is no obstacle. */
async function readToken(argument: string | undefined, parts: TokenParts): Promise<string> {
  const text = argument === undefined || argument === '-' ? await parts.readInput() : argument
  return text.trim().replace(/^(?:authorization: *)?bearer +/i, '')
}

function misuse(output: Output, message: string): ExitCode {
  printError(output, message, 'run `microgateway token --help`')
  return EXIT.usage
}
