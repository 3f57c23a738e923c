import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { renderCount, renderProblems } from '../../../src/diagnostics/render.ts'

const BAD = [
  'name: sidecar',
  'ports:',
  '  # all addresses',
  '  http: 44850000',
  'security_settings:',
  '  auth_servers:',
  '    # one',
  '    - name: staff-idp',
  ...Array.from({ length: 10 }, () => '#'),
  '          jwt: { auth_servers: [staff_idp] }',
].join('\n')

const RANGE: Problem = {
  code: 'config.value',
  severity: 'error',
  message: '`ports.http` must be at most 65535',
  place: { file: 'bad.yml', line: 4, column: 9, length: 8 },
  label: 'ports end at 65535',
}

const DANGLING: Problem = {
  code: 'config.reference',
  severity: 'error',
  message: 'API `orders` names an auth server that is not defined',
  place: { file: 'bad.yml', line: 19, column: 33, length: 9 },
  label: 'no auth server `staff_idp`',
  related: [{ place: { file: 'bad.yml', line: 8, column: 13, length: 9 }, label: 'this one looks close' }],
  help: 'write `staff-idp`, or define `staff_idp` under security_settings.auth_servers',
}

test('problems are laid out as compilers do, with a second place and help', () => {
  const text = renderProblems([RANGE, DANGLING], new Map([['bad.yml', BAD]]), { color: false })
  assert.equal(
    text,
    `error[config.value]: \`ports.http\` must be at most 65535
  --> bad.yml:4:9
   |
 4 |   http: 44850000
   |         ^^^^^^^^ ports end at 65535

error[config.reference]: API \`orders\` names an auth server that is not defined
  --> bad.yml:19:33
   |
 8 |     - name: staff-idp
   |             --------- this one looks close
...
19 |           jwt: { auth_servers: [staff_idp] }
   |                                 ^^^^^^^^^ no auth server \`staff_idp\`
   = help: write \`staff-idp\`, or define \`staff_idp\` under security_settings.auth_servers`,
  )
})

test('a second place in another file is drawn below, under its own name', () => {
  const related = [{ place: { file: 'base.yml', line: 1, column: 1, length: 4 }, label: 'first here' }]
  const sources = new Map([
    ['bad.yml', BAD],
    ['base.yml', 'name: base'],
  ])
  const text = renderProblems([{ ...RANGE, related }], sources, { color: false })
  assert.ok(text.endsWith(' ports end at 65535\n  ::: base.yml:1:1\n   |\n 1 | name: base\n   | ---- first here'), text)
})

test('a problem without a place, or in a text that is not at hand, is said all the same', () => {
  const { place: _place, label: _label, ...bare } = RANGE
  assert.equal(
    renderProblems([{ ...bare, help: 'try again' }], new Map(), { color: false }),
    'error[config.value]: `ports.http` must be at most 65535\n   = help: try again',
  )
  assert.equal(
    renderProblems([RANGE], new Map(), { color: false }),
    'error[config.value]: `ports.http` must be at most 65535\n  --> bad.yml:4:9',
  )
})

test('colours are on or off as the caller says, and never change the text', () => {
  const sources = new Map([['bad.yml', BAD]])
  const colored = renderProblems([RANGE, { ...DANGLING, severity: 'warning' }], sources, { color: true })
  assert.ok(colored.includes('\u001b['))
  const stripped = colored.replaceAll(/\u001b\[\d+m/g, '')
  assert.equal(stripped, renderProblems([RANGE, { ...DANGLING, severity: 'warning' }], sources, { color: false }))
})

test('text of an operator cannot steer the terminal', () => {
  const text = renderProblems([{ ...RANGE, message: 'a\u001b[2Jb' }], new Map(), { color: false })
  assert.ok(!text.includes('\u001b'))
})

test('the closing line counts errors and warnings', () => {
  assert.equal(renderCount([RANGE, DANGLING]), '2 errors, 0 warnings')
  assert.equal(renderCount([RANGE, { ...RANGE, severity: 'warning' }]), '1 error, 1 warning')
})
