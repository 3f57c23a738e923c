import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CommandLine, parseArguments } from '../../../src/cli/arguments.ts'
import { COMMANDS, isCommandName } from '../../../src/cli/command-list.ts'
import { renderHelp } from '../../../src/cli/help.ts'
import { wantsColor } from '../../../src/cli/output.ts'

function lineOf(argv: readonly string[], environment: Record<string, string> = {}): CommandLine {
  const parsed = parseArguments(argv, environment)
  assert.equal(parsed.kind, 'command', JSON.stringify(parsed))
  assert.ok(parsed.kind === 'command')
  return parsed.line
}

test('layers come from -c in order, else from the environment, else from microgateway.yml', () => {
  assert.deepEqual(lineOf(['start', '-c', 'a.yml', '--config=b']).config, ['a.yml', 'b'])
  assert.deepEqual(lineOf(['-c', 'a.yml', 'start'], { MICROGATEWAY_CONFIG: 'e.yml' }).config, ['a.yml'])
  assert.deepEqual(lineOf(['start'], { MICROGATEWAY_CONFIG: 'e.yml' }).config, ['e.yml'])
  assert.deepEqual(lineOf(['start'], { MICROGATEWAY_CONFIG: '' }).config, ['microgateway.yml'])
})

test('options of a command are read, whatever their order', () => {
  const line = lineOf(['token', '--claim', 'a=1', 'new', '--claim=b=2', '--user', 'alice', '-q', '--json'])
  assert.equal(line.command, 'token')
  assert.deepEqual(line.positionals, ['new'])
  assert.deepEqual(line.texts('claim'), ['a=1', 'b=2'])
  assert.equal(line.text('user'), 'alice')
  assert.equal(line.isSet('quiet'), true)
  assert.equal(line.json, true)
  assert.equal(line.color, 'auto')
})

test('a mistake is told, with a suggestion where one is near', () => {
  const mistakes: readonly [readonly string[], RegExp, RegExp?][] = [
    [['strat'], /unknown command `strat`/, /did you mean `start`/],
    [['xyzzy'], /unknown command/, /--help/],
    [['explain'], /not built yet/],
    [[], /no command/],
    [['start', '--confg', 'x'], /unknown option `--confg`/, /`--config`/],
    [['start', '--user', 'x'], /`start` has no option `--user`/],
    [['start', '--color', 'pink'], /auto, always or never/],
    [['start', '-c'], /argument missing|ambiguous/],
    [['check', '--json=yes'], /does not take an argument/],
    [['start', 'other.yml'], /`start` takes no arguments/, /start --help/],
    [['hash-password', 'secret'], /^`hash-password` takes no arguments$/],
    [['help', 'config.tag', 'config.file'], /`help` takes fewer arguments/],
    [['token', 'show', 'a.b.c', 'd.e.f'], /^`token` takes fewer arguments$/],
  ]
  for (const [argv, message, help] of mistakes) {
    const parsed = parseArguments(argv, {})
    assert.ok(parsed.kind === 'usage', argv.join(' '))
    assert.match(parsed.message, message)
    if (help !== undefined) assert.match(parsed.help ?? '', help)
  }
})

test('names of Object.prototype are no commands', () => {
  for (const word of ['constructor', '__proto__', 'toString']) {
    assert.equal(isCommandName(word), false)
    assert.equal(parseArguments([word], {}).kind, 'usage')
  }
})

test('version and help are understood with and without a command', () => {
  assert.deepEqual(parseArguments(['--version'], {}), { kind: 'version' })
  assert.deepEqual(parseArguments(['--help'], {}), { kind: 'help', command: undefined })
  assert.deepEqual(parseArguments(['token', '-h'], {}), { kind: 'help', command: 'token' })
})

test('every help ends in three examples, and each is a command line that is understood', () => {
  const commands = [undefined, ...Object.keys(COMMANDS).filter(isCommandName)]
  for (const command of commands) {
    const examples = renderHelp(command).split('examples:\n')[1]?.trimEnd().split('\n') ?? []
    assert.equal(examples.length, 3)
    for (const example of examples) {
      const words = /microgateway ([^|<>]*)/.exec(example)?.[1]?.trim().split(' ') ?? []
      const argv = words.filter(word => word !== '')
      assert.equal(parseArguments(argv.length > 0 ? argv : ['hash-password'], {}).kind, 'command', example)
    }
  }
})

test('colours: the flag first, then NO_COLOR, then FORCE_COLOR, then the terminal', () => {
  assert.equal(wantsColor('always', { NO_COLOR: '1' }, false), true)
  assert.equal(wantsColor('never', { FORCE_COLOR: '1' }, true), false)
  assert.equal(wantsColor('auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true), false)
  assert.equal(wantsColor('auto', { FORCE_COLOR: '1' }, false), true)
  assert.equal(wantsColor('auto', { FORCE_COLOR: '0' }, true), false)
  assert.equal(wantsColor('auto', { NO_COLOR: '' }, true), true)
  assert.equal(wantsColor('auto', {}, false), false)
})
