import {
  COMMANDS,
  COMMON_OPTIONS,
  type CommandDescription,
  type CommandName,
  type CommandOption,
} from './command-list.ts'

/** Writes the help of the program, or of one command; it ends in three examples. */
export function renderHelp(command: CommandName | undefined): string {
  return command === undefined ? renderOverview() : renderCommand(COMMANDS[command])
}

function renderOverview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map(name => name.length))
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'microgateway: a small API gateway that lets nobody through without the right token',
    '',
    'usage: microgateway COMMAND [OPTION]…',
    '',
    'commands:',
    ...commands,
    '',
    'options:',
    ...renderOptions(COMMON_OPTIONS),
    '',
    'examples:',
    '  microgateway start',
    '  microgateway check new.yml',
    '  microgateway help token.expired',
    '',
  ].join('\n')
}

function renderCommand(command: CommandDescription): string {
  return [
    `microgateway ${command.usage}`,
    '',
    `  ${command.summary}`,
    '',
    'options:',
    ...renderOptions([...command.options, ...COMMON_OPTIONS]),
    '',
    'examples:',
    ...command.examples.map(example => `  ${example}`),
    '',
  ].join('\n')
}

function renderOptions(options: readonly CommandOption[]): string[] {
  const named = options.map(option => ({ left: renderOption(option), help: option.help }))
  const width = Math.max(...named.map(({ left }) => left.length))
  return named.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`)
}

function renderOption({ name, short, value }: CommandOption): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}
