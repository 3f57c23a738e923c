/**
 * `npm run bench:start`: time from spawning `start` on the sample file to its first 200, and memory when idle. The first run makes the
 * signing key and warms the disk and is not counted. The answer asked for is the published key set: it needs no token.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine.ts'
import { CONTESTANT_CORE, freePort, readUsage, start } from './processes.ts'
import { median } from './report.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    config: { type: 'string', default: fileURLToPath(new URL('../microgateway.yml', import.meta.url)) },
    path: { type: 'string', default: '/rest/pub/apigateway/jwt/certs' },
  },
})
const LAUNCH = fileURLToPath(new URL('../src/launch.js', import.meta.url))
/** How long the gateway is left alone before its memory is read. */
const IDLE_MS = 2000
const GIVE_UP_MS = 20_000

interface StartUp {
  readonly firstAnswerMs: number
  readonly cpuMs: number
  readonly idleRssMiB: number
}

await main()

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'microgateway-start-'))
  try {
    await startOnce(directory)
    const runs: StartUp[] = []
    for (let i = 0; i < Number(values.runs); i++) runs.push(await startOnce(directory))
    const figure = (key: keyof StartUp) => runs.map(run => run[key])
    const row = (title: string, key: keyof StartUp) => {
      const all = figure(key)
      return `| ${title} | ${median(all).toFixed(0)} | ${Math.min(...all).toFixed(0)} | ${Math.max(...all).toFixed(0)} |`
    }
    const { cpu, commit, node, time } = describeMachine()
    process.stdout.write(
      [
        `Start-up, ${time}, commit ${commit}, ${cpu}, Node.js ${node}, ${runs.length} runs`,
        '',
        '| figure | median | least | most |',
        '| --- | --: | --: | --: |',
        row('spawn to first 200, ms', 'firstAnswerMs'),
        row('CPU until then, ms', 'cpuMs'),
        row(`memory after ${IDLE_MS / 1000} s idle, MiB`, 'idleRssMiB'),
        '',
      ].join('\n'),
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function startOnce(directory: string): Promise<StartUp> {
  const port = await freePort()
  const state = join(directory, 'state')
  mkdirSync(state, { recursive: true })
  const began = performance.now()
  const running = start(CONTESTANT_CORE, [process.execPath, LAUNCH, 'start', '-c', values.config], {
    logFile: join(directory, 'output.log'),
    env: {
      ...process.env,
      mcgw_ports_http: `127.0.0.1:${port}`,
      mcgw_ports_admin: `127.0.0.1:${await freePort()}`,
      mcgw_state_dir: state,
    },
  })
  try {
    while ((await status(port)) !== 200) {
      if (running.child.exitCode !== null)
        throw new Error(`it ended with ${running.child.exitCode}: see start -c ${values.config}`)
      if (performance.now() - began > GIVE_UP_MS) throw new Error(`no 200 at ${values.path} within ${GIVE_UP_MS} ms`)
      await delay(2)
    }
    const firstAnswerMs = performance.now() - began
    const cpuMs = readUsage(running.pid).cpuMicros / 1000
    await delay(IDLE_MS)
    return { firstAnswerMs, cpuMs, idleRssMiB: readUsage(running.pid).rssBytes / 2 ** 20 }
  } finally {
    await running.stop()
  }
}

function status(port: number): Promise<number> {
  return new Promise(resolve => {
    const sent = get({ host: '127.0.0.1', port, path: values.path, agent: false }, answer => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    sent.once('error', () => resolve(0))
  })
}
