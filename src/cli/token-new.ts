import { nearest } from '../diagnostics/did-you-mean.ts'
import { ok, type Result } from '../errors/denial.ts'
import { RESERVED_CLAIMS } from '../issuer/issued-claims.ts'
import { type IssuedToken, type Issuer, type IssuingAuthServer, isIssuing } from '../issuer/issuer.ts'
import type { ApplicationSettings, Settings } from '../settings/model.ts'
import { parseDuration } from '../settings/units.ts'
import type { JsonValue } from '../tokens/jwt.ts'
import type { CommandLine } from './arguments.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { type Output, printError, printJson, printProblems } from './output.ts'
import type { TokenParts } from './token.ts'

/** Whom and what a token is for, checked against the settings. */
interface Wish {
  readonly server: IssuingAuthServer
  readonly user: string | undefined
  readonly application: ApplicationSettings | undefined
  readonly claims: Readonly<Record<string, JsonValue>>
  readonly lifetimeSeconds: number | undefined
}

/**
 * Runs `token new`: signs with the kept key of one of our issuers, without a running gateway. A token for a user says what the
 * token endpoint would say; one for an application may carry further claims. The token goes to standard output, a summary to
 * standard error.
 */
export async function runTokenNew(
  line: CommandLine,
  output: Output,
  parts: Pick<TokenParts, 'load' | 'openIssuer'>,
): Promise<ExitCode> {
  const loaded = await parts.load(line.config)
  if (loaded.settings === undefined) {
    printProblems(output, loaded)
    return EXIT.configuration
  }
  const wish = readWish(line, loaded.settings)
  if (!wish.ok) {
    printError(output, wish.error)
    return EXIT.usage
  }
  const issuer = await parts.openIssuer(loaded.settings, wish.value.server)
  if (!issuer.ok) {
    printError(output, issuer.error)
    return EXIT.system
  }
  printMinted(await mint(issuer.value, wish.value), issuer.value, wish.value, line, output)
  return EXIT.success
}

function mint(issuer: Issuer, { user, application, claims, lifetimeSeconds }: Wish): Promise<IssuedToken> {
  if (user !== undefined) return issuer.issueForUser(user, application?.id, lifetimeSeconds)
  return issuer.issueForApplication(application?.id ?? '', claims, lifetimeSeconds)
}

function printMinted(token: IssuedToken, issuer: Issuer, wish: Wish, line: CommandLine, output: Output): void {
  if (output.json) {
    printJson(output.stdout, { jwt: token.jwt, expires_in: token.expiresInSeconds, auth_server: issuer.authServer })
    return
  }
  output.stdout.write(`${token.jwt}\n`)
  if (line.isSet('quiet')) return
  const { signingKey, authServer } = issuer
  const subject = wish.user ?? wish.application?.id ?? ''
  output.stderr.write(
    `\nsigned by  ${authServer} (${signingKey.algorithm}, kid ${signingKey.kid})\n` +
      `subject    ${subject}\n` +
      `valid      ${token.expiresInSeconds} s\n`,
  )
}

function readWish(line: CommandLine, settings: Settings): Result<Wish, string> {
  const server = findServer(line.text('auth-server'), settings)
  if (!server.ok) return server
  const user = line.text('user')
  if (user !== undefined && !settings.users.some(({ name }) => name === user)) {
    return refuse(
      `no user \`${user}\`${suggest(
        user,
        settings.users.map(({ name }) => name),
      )}`,
    )
  }
  const application = findApplication(line.text('app'), settings)
  if (!application.ok) return application
  const claims = readClaims(line.texts('claim'))
  if (!claims.ok) return claims
  const lifetime = readLifetime(line.text('expires'), server.value)
  if (!lifetime.ok) return lifetime

  if (user === undefined && application.value === undefined) return refuse('name a `--user`, an `--app`, or both')
  if (user !== undefined && Object.keys(claims.value).length > 0) {
    return refuse('`--claim` goes with `--app` alone: a token for a user has no claims of its own')
  }
  if (user !== undefined && application.value !== undefined && !application.value.identifiers.users.includes(user)) {
    return refuse(`application \`${application.value.id}\` does not list user \`${user}\``)
  }
  const wish = { server: server.value, user, application: application.value, claims: claims.value }
  return ok({ ...wish, lifetimeSeconds: lifetime.value })
}

function findServer(name: string | undefined, settings: Settings): Result<IssuingAuthServer, string> {
  const issuing = settings.authServers.filter(isIssuing)
  const [first] = issuing
  if (first === undefined) return refuse('no auth server has a `tokenGeneratorConfig`: this gateway issues no tokens')
  // The first one is also the one that the token endpoint issues with.
  if (name === undefined) return ok(first)
  const named = issuing.find(server => server.name === name)
  if (named !== undefined) return ok(named)
  const isForeign = settings.authServers.some(server => server.name === name)
  if (isForeign) return refuse(`\`${name}\` is no issuer of ours: its tokens can be verified here, not made`)
  return refuse(
    `no auth server \`${name}\`${suggest(
      name,
      issuing.map(server => server.name),
    )}`,
  )
}

function findApplication(
  wanted: string | undefined,
  settings: Settings,
): Result<ApplicationSettings | undefined, string> {
  if (wanted === undefined) return ok(undefined)
  const byId = settings.applications.find(({ id }) => id === wanted)
  if (byId !== undefined) return ok(byId)
  const byName = settings.applications.filter(({ name }) => name === wanted)
  if (byName.length > 1) return refuse(`several applications are named \`${wanted}\`: give an id`)
  const names = settings.applications.flatMap(({ id, name }) => [id, name])
  return byName[0] === undefined ? refuse(`no application \`${wanted}\`${suggest(wanted, names)}`) : ok(byName[0])
}

function readClaims(texts: readonly string[]): Result<Readonly<Record<string, JsonValue>>, string> {
  const claims: Record<string, JsonValue> = Object.create(null)
  for (const text of texts) {
    const at = text.indexOf('=')
    if (at < 1) return refuse('`--claim` wants NAME=VALUE')
    const name = text.slice(0, at)
    if (RESERVED_CLAIMS.has(name)) return refuse(`claim \`${name}\` is reserved: only the issuer sets it`)
    if (name in claims) return refuse(`claim \`${name}\` is given twice`)
    claims[name] = parseValue(text.slice(at + 1))
  }
  return ok(claims)
}

function parseValue(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch {
    return text
  }
}

function readLifetime(text: string | undefined, server: IssuingAuthServer): Result<number | undefined, string> {
  if (text === undefined) return ok(undefined)
  const duration = parseDuration(text)
  if (!duration.ok || duration.value < 1000)
    return refuse('`--expires` wants a duration of a second or more, as in `10m`')
  const longest = server.tokenGenerator.expiryMinutes
  if (duration.value > longest * 60_000) {
    return refuse(`\`--expires\` is longer than the ${longest} minutes that \`${server.name}\` allows (\`expiry\`)`)
  }
  return ok(Math.floor(duration.value / 1000))
}

function suggest(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates)
  return near === undefined ? '' : `; did you mean \`${near}\`?`
}

function refuse(message: string): Result<never, string> {
  return { ok: false, error: message }
}
