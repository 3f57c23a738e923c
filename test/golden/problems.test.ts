/**
 * Every configuration mistake, and the exact text an operator sees. `problems/NAME.yml` is the file with the mistake, or a folder
 * `problems/NAME/`; `problems/NAME.txt` is the output. `UPDATE_GOLDEN=1` writes the outputs anew. Comments at the start of a file say how it
 * is loaded: `# environment NAME=value`, `# layer FILE` (relative to the folder, after the file itself).
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { renderCount, renderProblems } from '../../src/diagnostics/render.ts'
import { createExpressionCompiler } from '../../src/expressions/expression.ts'
import { loadSettings } from '../../src/settings/load.ts'
import { loadSchema } from '../../src/settings/schema.ts'

const expressions = createExpressionCompiler()
const schema = loadSchema()
const folder = fileURLToPath(new URL('problems/', import.meta.url))
const names = readdirSync(folder, { withFileTypes: true })
  .filter(entry => entry.isDirectory() || (entry.name.endsWith('.yml') && !entry.name.startsWith('_')))
  .map(entry => entry.name)
  .sort()

/** Midday of a fixed day, so that dates of certificates are judged alike for ever. */
const NOW_MS = Date.UTC(2026, 0, 1, 12)

async function render(name: string): Promise<string> {
  const head = name.endsWith('.yml') ? readFileSync(`${folder}${name}`, 'latin1') : ''
  const directives = [...head.matchAll(/^# (environment|layer) (.+)$/gm)]
  const environment = directives.flatMap(([, kind, value = '']) => {
    const at = value.indexOf('=')
    return kind === 'environment' ? [[value.slice(0, at), value.slice(at + 1)] as const] : []
  })
  const layers = directives.flatMap(([, kind, value = '']) => (kind === 'layer' ? [value] : []))
  const { problems, sources, settings } = await loadSettings({
    layers: [name, ...layers],
    cwd: folder,
    environment: Object.fromEntries(environment),
    checkExpression: expressions.check,
    nowMs: NOW_MS,
    schema,
  })
  const failed = problems.some(problem => problem.severity === 'error')
  assert.equal(settings === undefined, failed, 'there are settings exactly if there is no error')
  const output = `${renderProblems(problems, sources, { color: false })}\n\n${name}: ${renderCount(problems)}\n`
  return output.replaceAll(folder.slice(0, -1), '/etc/microgateway')
}

for (const name of names) {
  test(`what an operator sees for ${name}`, async () => {
    const output = await render(name)
    const file = `${folder}${name.replace(/\.yml$/, '')}.txt`
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, output)
    assert.ok(existsSync(file), `there is no ${file}; run with UPDATE_GOLDEN=1`)
    assert.equal(output, readFileSync(file, 'utf8'))
  })
}

test('at least 25 mistakes are held to their words', () => {
  assert.ok(names.length >= 25)
})
