import type { ParseArgsOptionsConfig } from 'node:util'

/** What the help says about one command. */
export interface CommandDescription {
  readonly summary: string
  /** What follows `microgateway` on the usage line. */
  readonly usage: string
  /** How many words may follow the command; none by default. */
  readonly words?: number
  /** Options of its own, beside the common ones. */
  readonly options: readonly CommandOption[]
  readonly examples: readonly [string, string, string]
}

export interface CommandOption {
  readonly name: string
  readonly short?: string
  /** Name of its value; a switch without. */
  readonly value?: string
  readonly repeatable?: true
  readonly help: string
}

export const COMMON_OPTIONS: readonly CommandOption[] = [
  {
    name: 'config',
    short: 'c',
    value: 'PATH',
    repeatable: true,
    help: 'file or folder; several are layers, later ones win (MICROGATEWAY_CONFIG, else microgateway.yml)',
  },
  { name: 'json', help: 'print results as JSON' },
  { name: 'color', value: 'WHEN', help: 'auto, always or never (NO_COLOR and FORCE_COLOR count with auto)' },
  { name: 'help', short: 'h', help: 'print help and exit' },
  { name: 'version', help: 'print the version and exit' },
]

export const COMMANDS = {
  start: {
    summary: 'run the gateway in the foreground',
    usage: 'start [-c PATH]…',
    options: [{ name: 'no-watch', help: 'do not watch files; SIGHUP still reloads' }],
    examples: [
      'microgateway start',
      'microgateway start -c base.yml -c production.yml',
      'microgateway start --no-watch',
    ],
  },
  check: {
    summary: 'tell everything that is wrong with a configuration',
    usage: 'check [PATH]…',
    words: Number.POSITIVE_INFINITY,
    options: [],
    examples: ['microgateway check', 'microgateway check new.yml', 'microgateway check --json -c /etc/microgateway'],
  },
  token: {
    summary: 'mint, decode or verify a token',
    usage: 'token new|show|verify [TOKEN]',
    words: 2,
    options: [
      { name: 'user', value: 'NAME', help: 'new: the user that the token is for' },
      {
        name: 'app',
        value: 'ID',
        help: 'new: the application (id or name); alone, the token is for the application itself',
      },
      {
        name: 'claim',
        value: 'NAME=VALUE',
        repeatable: true,
        help: 'new: a further claim; JSON if it parses, else text',
      },
      { name: 'expires', value: 'DURATION', help: 'new: life time, at most what the configuration says' },
      { name: 'auth-server', value: 'NAME', help: 'new: which of our issuers signs' },
      { name: 'quiet', short: 'q', help: 'new: print the token and nothing else' },
    ],
    examples: [
      'microgateway token new --user alice',
      'microgateway token new --app billing-batch --claim tenant=acme --expires 10m',
      'microgateway token verify eyJhbGciOi…',
    ],
  },
  'hash-password': {
    summary: 'turn a password into what `password_hash` wants',
    usage: 'hash-password',
    options: [],
    examples: [
      'microgateway hash-password',
      'microgateway hash-password < password.txt',
      'printf \'%s\' "$PASSWORD" | microgateway hash-password',
    ],
  },
  healthcheck: {
    summary: 'ask a running gateway whether it is ready',
    usage: 'healthcheck [--url URL]',
    options: [
      { name: 'url', value: 'URL', help: 'address to ask instead of the configured admin port' },
      { name: 'timeout', value: 'DURATION', help: 'how long to wait (3s)' },
    ],
    examples: [
      'microgateway healthcheck',
      'microgateway healthcheck --url http://127.0.0.1:9485/health/ready',
      'microgateway healthcheck --timeout 500ms --json',
    ],
  },
  keys: {
    summary: 'show the keys of the auth servers of a running gateway, or fetch them now',
    usage: 'keys [refresh]',
    words: 1,
    options: [
      { name: 'auth-server', value: 'NAME', help: 'only this one' },
      { name: 'url', value: 'URL', help: 'origin of the admin listener instead of the configured one' },
      { name: 'timeout', value: 'DURATION', help: 'how long to wait (10s)' },
    ],
    examples: [
      'microgateway keys',
      'microgateway keys refresh',
      'microgateway keys refresh --auth-server staff --json',
    ],
  },
  revoke: {
    summary: 'have a running gateway refuse a token, or all that have a claim and are older than a time',
    usage: 'revoke --auth-server NAME (--jti ID | --claim NAME=VALUE --before TIME)',
    options: [
      { name: 'auth-server', value: 'NAME', help: 'whose tokens' },
      { name: 'jti', value: 'ID', help: 'the token with this `jti`' },
      {
        name: 'claim',
        value: 'NAME=VALUE',
        repeatable: true,
        help: 'tokens with this claim; JSON if it parses, else text',
      },
      { name: 'before', value: 'TIME', help: 'with --claim: issued before, as in 2026-11-22T10:00:00Z' },
      { name: 'until', value: 'TIME', help: 'has no effect from then on' },
      { name: 'url', value: 'URL', help: 'origin of the admin listener instead of the configured one' },
      { name: 'timeout', value: 'DURATION', help: 'how long to wait (10s)' },
    ],
    examples: [
      'microgateway revoke --auth-server staff --jti 3f9a51c2',
      'microgateway revoke --auth-server staff --claim sub=alice --before 2026-11-22T10:00:00Z',
      'microgateway revoke --auth-server staff --jti 3f9a51c2 --until 2026-11-23T00:00:00Z --json',
    ],
  },
  schema: {
    summary: 'print the JSON Schema of the configuration',
    usage: 'schema',
    options: [],
    examples: [
      'microgateway schema',
      'microgateway schema > microgateway.schema.json',
      'microgateway schema | grep -c description',
    ],
  },
  help: {
    summary: 'explain an error code or a command',
    usage: 'help [CODE|COMMAND]',
    words: 1,
    options: [],
    examples: ['microgateway help token.expired', 'microgateway help config.reference', 'microgateway help token'],
  },
} as const satisfies Readonly<Record<string, CommandDescription>>

export type CommandName = keyof typeof COMMANDS

/** Commands of the product's plan that are not there yet: told apart from a typing mistake. */
export const PLANNED_COMMANDS: readonly string[] = [
  'config',
  'explain',
  'test',
  'diff',
  'downloadSettings',
  'status',
  'reload',
  'stop',
]

/** Tells whether a word is a command. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word)
}

/** All options as `parseArgs` wants them. */
export function listParseOptions(): ParseArgsOptionsConfig {
  const options: ParseArgsOptionsConfig = Object.create(null)
  const listed = Object.values(COMMANDS).flatMap((command: CommandDescription) => command.options)
  for (const option of [...COMMON_OPTIONS, ...listed]) {
    options[option.name] = {
      type: option.value === undefined ? 'boolean' : 'string',
      ...(option.short !== undefined && { short: option.short }),
      ...(option.repeatable === true && { multiple: true }),
    }
  }
  return options
}
