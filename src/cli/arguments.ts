import { parseArgs } from 'node:util'
import { nearest } from '../diagnostics/did-you-mean.ts'
import {
  COMMANDS,
  COMMON_OPTIONS,
  type CommandDescription,
  type CommandName,
  isCommandName,
  listParseOptions,
  PLANNED_COMMANDS,
} from './command-list.ts'

export type ColorChoice = 'auto' | 'always' | 'never'

/** A command line that was understood. */
export interface CommandLine {
  readonly command: CommandName
  /** What follows the command. */
  readonly positionals: readonly string[]
  /** Layers in order: `-c`, else `MICROGATEWAY_CONFIG`, else `microgateway.yml`. */
  readonly config: readonly string[]
  readonly json: boolean
  readonly color: ColorChoice
  /** Value of an option of the command; undefined where it is absent. */
  text(option: string): string | undefined
  /** Values of a repeatable option. */
  texts(option: string): readonly string[]
  /** Whether a switch is set. */
  isSet(option: string): boolean
}

export type ParsedArguments =
  | { readonly kind: 'command'; readonly line: CommandLine }
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly command: CommandName | undefined }
  | { readonly kind: 'usage'; readonly message: string; readonly help?: string }

const DEFAULT_CONFIG = 'microgateway.yml'

/** Parses what follows the program's name. Never throws: a mistake is a value with a message and, where one is near, a suggestion. */
export function parseArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParsedArguments {
  const parsed = parseTolerantly(argv)
  if ('kind' in parsed) return parsed
  const { values, positionals } = parsed
  const [word, ...rest] = positionals
  if (values['version'] === true) return { kind: 'version' }
  if (word === undefined) {
    if (values['help'] === true) return { kind: 'help', command: undefined }
    return { kind: 'usage', message: 'no command given', help: 'run `microgateway --help`' }
  }
  if (!isCommandName(word)) return unknownCommand(word)
  if (values['help'] === true) return { kind: 'help', command: word }

  const mistake = findMistake(word, rest, values)
  if (mistake !== undefined) return { kind: 'usage', message: mistake, help: `run \`microgateway ${word} --help\`` }
  return { kind: 'command', line: toCommandLine(word, rest, values, environment) }
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

function parseTolerantly(
  argv: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } | ParsedArguments {
  const options = listParseOptions()
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. To specify')[0] ?? '') : 'cannot be parsed'
    const unknown = /^Unknown option '(-{1,2}[^']*)'/.exec(message)?.[1]
    if (unknown === undefined) return { kind: 'usage', message: message.slice(0, 200) }
    const near = nearest(unknown.replace(/^-+/, ''), Object.keys(options))
    const help = near === undefined ? 'run `microgateway --help`' : `did you mean \`--${near}\`?`
    return { kind: 'usage', message: `unknown option \`${unknown}\``, help }
  }
}

function unknownCommand(word: string): ParsedArguments {
  if (PLANNED_COMMANDS.includes(word)) return { kind: 'usage', message: `\`${word}\` is not built yet` }
  const near = nearest(word, Object.keys(COMMANDS))
  const help = near === undefined ? 'run `microgateway --help`' : `did you mean \`${near}\`?`
  return { kind: 'usage', message: `unknown command \`${word}\``, help }
}

function findMistake(command: CommandName, words: readonly string[], values: Values): string | undefined {
  const { options, words: most = 0 }: CommandDescription = COMMANDS[command]
  // Not quoted: it may be a password or a token.
  if (words.length > most) return `\`${command}\` takes ${most === 0 ? 'no' : 'fewer'} arguments`
  const known = new Set([...COMMON_OPTIONS, ...options].map(({ name }) => name))
  const foreign = Object.keys(values).find(name => !known.has(name))
  if (foreign !== undefined) return `\`${command}\` has no option \`--${foreign}\``
  const { color } = values
  if (color !== undefined && !isColorChoice(color)) return '`--color` is auto, always or never'
  return undefined
}

function toCommandLine(
  command: CommandName,
  positionals: readonly string[],
  values: Values,
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const texts = (option: string): readonly string[] =>
    [values[option]].flat().filter((value): value is string => typeof value === 'string')
  const fromEnvironment = environment['MICROGATEWAY_CONFIG'] ?? ''
  const named = texts('config')
  const { color } = values
  return {
    command,
    positionals,
    config: named.length > 0 ? named : [fromEnvironment === '' ? DEFAULT_CONFIG : fromEnvironment],
    json: values['json'] === true,
    color: isColorChoice(color) ? color : 'auto',
    text: option => texts(option)[0],
    texts,
    isSet: option => values[option] === true,
  }
}

function isColorChoice(value: unknown): value is ColorChoice {
  return value === 'auto' || value === 'always' || value === 'never'
}
