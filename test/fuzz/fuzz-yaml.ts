/** Settings files against the whole pipeline: settings or problems, never a throw, never longer than a second. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderProblems } from '../../src/diagnostics/render.ts'
import { createExpressionCompiler } from '../../src/expressions/expression.ts'
import { loadSettings } from '../../src/settings/load.ts'
import { loadSchema } from '../../src/settings/schema.ts'
import type { FuzzCase, FuzzTarget } from './fuzz-target.ts'
import { generateYaml } from './generate-yaml.ts'

const MOST_MS = 1_000
const FILE = 'mg.yml'

/** Makes a folder for the files, and the schema. */
export async function openYamlTarget(): Promise<FuzzTarget<FuzzCase>> {
  const cwd = mkdtempSync(join(tmpdir(), 'mg-fuzz-'))
  const { check: checkExpression } = createExpressionCompiler()
  const schema = loadSchema()
  const load = async (input: string): Promise<string | undefined> => {
    writeFileSync(join(cwd, FILE), input, 'latin1')
    const begun = performance.now()
    const { settings, problems, sources } = await loadSettings({
      layers: [FILE],
      cwd,
      environment: { X: 'x' },
      checkExpression,
      schema,
      nowMs: 1_767_225_600_000,
    })
    const rendered = renderProblems(problems, sources, { color: false })
    const took = performance.now() - begun
    if (took > MOST_MS) return `took ${Math.round(took)} ms`
    const hasError = problems.some(({ severity }) => severity === 'error')
    if (hasError === (settings !== undefined)) return `settings and errors, or neither: ${rendered}`
    const misplaced = problems.find(({ place }) => place !== undefined && !(place.line >= 1 && place.column >= 1))
    return misplaced === undefined ? undefined : `a problem without a place: ${misplaced.message}`
  }
  return {
    name: 'yaml',
    batch: 1,
    generate: random => ({ input: generateYaml(random, schema) }),
    judge: async ([each]) => (each === undefined ? undefined : load(each.input)),
    withInput: input => ({ input }),
    async close() {
      rmSync(cwd, { recursive: true, force: true })
      return undefined
    },
  }
}
