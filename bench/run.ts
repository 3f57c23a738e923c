/**
 * `npm run bench`: the gateway beside whichever peers are installed, in one run, rounds interleaved. No test, no threshold:
 * it prints a Markdown table and writes JSON under `bench/results`. It fails only if a contestant gives a wrong answer.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Arena, CONTESTANTS, type Started, SUBJECT_NAME, startContestant } from './contestants.ts'
import { CONNECTIONS, runLoad } from './load.ts'
import { describeMachine } from './machine.ts'
import { hasCommand, readUsage } from './processes.ts'
import { type Report, type Sample, toMarkdown } from './report.ts'
import { makeScenarios, probe, SCENARIO_IDS, type Scenario } from './scenarios.ts'
import { makeCredentials } from './tokens.ts'
import { startUpstream } from './upstream.ts'

const USAGE = `npm run bench -- [options]
  --rounds N        interleaved rounds (3)
  --seconds N       length of one load (4)
  --tokens N        different tokens in the scenario "tokens-in-turn" (2000)
  --only A,B        contestants whose name contains one of these, besides ${SUBJECT_NAME}
  --scenario A,B    of ${SCENARIO_IDS.join(', ')}
  --smoke           one round of one second, ${SUBJECT_NAME} and the bare Node proxy only
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    tokens: { type: 'string' },
    only: { type: 'string' },
    scenario: { type: 'string' },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(USAGE)
else process.exitCode = await bench()

async function bench(): Promise<number> {
  const tools = ['wrk', 'nginx'].filter(name => !hasCommand(name))
  if (tools.length > 0) {
    console.error(
      `The load generator and the upstream are missing: ${tools.join(', ')} (apt-get install ${tools.join(' ')}).`,
    )
    return 69
  }
  const rounds = Number(values.rounds ?? (values.smoke ? 1 : 3))
  const seconds = Number(values.seconds ?? (values.smoke ? 1 : 4))
  const machine = describeMachine()
  const directory = mkdtempSync(join(tmpdir(), 'microgateway-bench-'))
  const cleanUp: (() => Promise<void>)[] = []
  const stopAll = async () => {
    await Promise.all(cleanUp.splice(0).map(stop => stop()))
    rmSync(directory, { recursive: true, force: true })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stopAll().then(() => process.exit(130)))

  try {
    const credentials = makeCredentials(directory, Number(values.tokens ?? (values.smoke ? 100 : 2000)))
    const upstream = await startUpstream(directory, credentials.jwksFile)
    cleanUp.push(upstream.stop)
    const scenarios = makeScenarios(directory, credentials).filter(({ id }) => chosen(id, values.scenario))
    const { started, missing } = await startAll({ directory, upstream, credentials }, cleanUp)

    const wrong: string[] = []
    for (const each of started) wrong.push(...(await misbehaviour(each, scenarios)))
    const samples = wrong.length > 0 ? [] : await measure(started, scenarios, rounds, seconds, wrong)
    if (wrong.length > 0) {
      console.error(`Nothing was measured, because answers were wrong:\n  ${wrong.join('\n  ')}`)
      return 1
    }

    const report: Report = {
      machine,
      settings: { rounds, seconds, connections: CONNECTIONS },
      subject: SUBJECT_NAME,
      versions: Object.fromEntries(started.map(({ contestant }) => [contestant.name, contestant.version()])),
      missing,
      scenarios: scenarios.map(({ id, title }) => ({ id, title })),
      samples,
    }
    process.stdout.write(toMarkdown(report))
    console.error(`\nWritten to ${writeReport(report)}`)
    return 0
  } finally {
    await stopAll()
  }
}

function chosen(name: string, list: string | undefined): boolean {
  return list === undefined || list.split(',').some(part => name.toLowerCase().includes(part.trim().toLowerCase()))
}

async function startAll(
  arena: Arena,
  cleanUp: (() => Promise<void>)[],
): Promise<{ started: Started[]; missing: Report['missing'] }> {
  const only = values.only ?? (values.smoke ? 'bare Node proxy' : undefined)
  const started: Started[] = []
  const missing: { name: string; reason: string }[] = []
  for (const contestant of CONTESTANTS) {
    if (contestant.name !== SUBJECT_NAME && !chosen(contestant.name, only)) continue
    const reason = contestant.missing()
    if (reason !== undefined) {
      missing.push({ name: contestant.name, reason })
      continue
    }
    const each = await startContestant(contestant, arena)
    cleanUp.push(each.running.stop)
    started.push(each)
  }
  return { started, missing }
}

/** Contestants that judge no tokens take no part in refusals. */
function takesPart({ contestant }: Started, scenario: Scenario): boolean {
  return contestant.judgesTokens || !scenario.refused
}

async function misbehaviour(started: Started, scenarios: readonly Scenario[]): Promise<string[]> {
  const wrong: string[] = []
  for (const scenario of scenarios) {
    if (!takesPart(started, scenario)) continue
    const problem = await probe(started.port, scenario).catch((error: Error) => `${scenario.id}: ${error.message}`)
    if (problem !== undefined) wrong.push(`${started.contestant.name}, ${problem}`)
  }
  return wrong
}

/** Runs every scenario against every contestant in turn, `rounds` times, after a round to warm up that does not count. */
async function measure(
  started: readonly Started[],
  scenarios: readonly Scenario[],
  rounds: number,
  seconds: number,
  wrong: string[],
): Promise<Sample[]> {
  const samples: Sample[] = []
  for (let round = 0; round <= rounds; round++)
    for (const scenario of scenarios)
      for (const each of started) {
        if (!takesPart(each, scenario)) continue
        const name = each.contestant.name
        if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kround ${round} of ${rounds}: ${scenario.id}, ${name} `)
        const before = readUsage(each.running.pid)
        const load = await runLoad(each.port, scenario.script, round === 0 ? warmUpSeconds(seconds) : seconds)
        const after = readUsage(each.running.pid)
        const unexpected = scenario.refused ? load.requests - load.refused : load.refused
        if (unexpected > 0 || load.socketErrors > 0 || load.requests === 0)
          wrong.push(
            `${name}, ${scenario.id}: ${unexpected} of ${load.requests} answers, ${load.socketErrors} socket errors`,
          )
        if (round === 0) continue
        const cpuMicros = after.cpuMicros - before.cpuMicros
        samples.push({
          contestant: name,
          scenario: scenario.id,
          round,
          cpuMicrosPerRequest: cpuMicros / load.requests,
          requestsPerSecond: load.requestsPerSecond,
          p50Ms: load.p50Ms,
          p99Ms: load.p99Ms,
          rssBytes: after.rssBytes,
          processes: after.processes,
          coreShare: (cpuMicros / 1e6 / load.requests) * load.requestsPerSecond,
        })
      }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  return samples
}

/** Long enough for a just-in-time compiler to settle, except in a smoke test. */
function warmUpSeconds(seconds: number): number {
  return Math.min(3, seconds)
}

function writeReport(report: Report): string {
  const folder = fileURLToPath(new URL('./results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const name = join(folder, report.machine.time.replaceAll(':', '-').replace(/\.\d+Z$/, 'Z'))
  writeFileSync(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(`${name}.md`, toMarkdown(report))
  return `${name}.json`
}
