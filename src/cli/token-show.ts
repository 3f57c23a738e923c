import { toPrintable } from '../diagnostics/printable.ts'
import { decodeJwt } from '../tokens/decode.ts'
import type { JsonObject, UnverifiedJwt } from '../tokens/jwt.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Output, printError, printJson } from './output.ts'

/** More than any gateway accepts: looking at a token that is too large is a reason to come here. */
const MAX_TOKEN_BYTES = 1024 * 1024
const TIMES = ['iat', 'nbf', 'exp'] as const

/** Runs `token show`: prints header and claims, verified by nobody; exit code 1 if it is no JWT in strict compact form. */
export function runTokenShow(compact: string, output: Output): ExitCode {
  const decoded = decodeJwt(compact, MAX_TOKEN_BYTES)
  if (!decoded.ok) {
    const facts = Object.entries(decoded.error.facts ?? {}).map(([name, value]) => `${name}: ${value}`)
    printError(
      output,
      toPrintable(['not a JWT', ...facts].join(', ')),
      'a JWT has three parts in base64url, joined by dots',
    )
    return EXIT.notFine
  }
  const { header, unverifiedClaims } = decoded.value
  if (output.json) {
    printJson(output.stdout, { header, claims: unverifiedClaims, verified: false })
    return EXIT.success
  }
  printToken(output, header, unverifiedClaims)
  output.stderr.write('decoded only: `microgateway token verify` checks the signature\n')
  return EXIT.success
}

/** Prints header and claims as JSON, and what the times mean. */
export function printToken(output: Output, header: UnverifiedJwt['header'], claims: JsonObject): void {
  printJson(output.stdout, header)
  printJson(output.stdout, claims)
  for (const name of TIMES) {
    const time = toTime(claims[name])
    if (time !== undefined) output.stdout.write(`${name}  ${time}\n`)
  }
}

function toTime(value: unknown): string | undefined {
  const isSane = typeof value === 'number' && Math.abs(value) < 8.64e12
  return isSane ? new Date(value * 1000).toISOString() : undefined
}
