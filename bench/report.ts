/** From single rounds to the figures to quote: medians, and ratios taken within a round. */
import type { Machine } from './machine.ts'

export interface Sample {
  readonly contestant: string
  readonly scenario: string
  readonly round: number
  readonly cpuMicrosPerRequest: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssBytes: number
  readonly processes: number
  /** Share of its core that the contestant used; below about 0.9 the load generator was the limit. */
  readonly coreShare: number
}

export interface Report {
  readonly machine: Machine
  readonly settings: { readonly rounds: number; readonly seconds: number; readonly connections: number }
  readonly subject: string
  readonly versions: Readonly<Record<string, string>>
  readonly missing: readonly { readonly name: string; readonly reason: string }[]
  readonly scenarios: readonly { readonly id: string; readonly title: string }[]
  readonly samples: readonly Sample[]
}

/** A load average before the run above this is somebody else's. */
const BUSY = 0.7

/** The median; NaN for nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Writes the report as Markdown. */
export function toMarkdown(report: Report): string {
  const { machine, settings } = report
  const lines = [
    '# Benchmark',
    '',
    `${machine.time}, commit ${machine.commit}. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node.js ${machine.node}.`,
    `${settings.connections} connections, ${settings.rounds} interleaved rounds of ${settings.seconds} s, medians; ${machine.pinned ? 'contestant on one core, load generator and upstream on another' : '**not pinned to cores**'}.`,
    `CPU is user and system time of all processes of the contestant. Ratio is ${report.subject} against that contestant, within a round: below 1, ${report.subject} needs less.`,
    ...(machine.loadAverage > BUSY
      ? [`**The machine was busy with other work (load ${machine.loadAverage.toFixed(1)}): run it again.**`]
      : []),
    '',
  ]
  for (const { id, title } of report.scenarios) {
    const samples = report.samples.filter(sample => sample.scenario === id)
    if (samples.length > 0) lines.push(`## ${title}`, '', ...scenarioTable(samples, report.subject), '')
  }
  lines.push(...inTurnTable(report))
  for (const { name, reason } of report.missing) lines.push(`- Not measured: ${name}, missing ${reason}.`)
  if (report.missing.length > 0) lines.push('')
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} (${version})`)
  lines.push(`Versions: ${versions.join(', ')}.`)
  return `${lines.join('\n')}\n`
}

function scenarioTable(samples: readonly Sample[], subject: string): string[] {
  const names = [...new Set(samples.map(sample => sample.contestant))]
  const rows = names.map(name => {
    const own = samples.filter(sample => sample.contestant === name)
    const figure = (key: 'cpuMicrosPerRequest' | 'requestsPerSecond' | 'p50Ms' | 'p99Ms' | 'rssBytes' | 'coreShare') =>
      median(own.map(sample => sample[key]))
    const cells = [
      name,
      figure('cpuMicrosPerRequest').toFixed(1),
      name === subject ? '' : ratioText(ratio(samples, subject, name)),
      figure('requestsPerSecond').toFixed(0),
      figure('p50Ms').toFixed(2),
      figure('p99Ms').toFixed(2),
      (figure('rssBytes') / 2 ** 20).toFixed(0),
      `${(figure('coreShare') * 100).toFixed(0)} %`,
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| contestant | CPU µs per request | ratio | requests/s | p50 ms | p99 ms | RSS MiB | core used |',
    '| --- | --: | --: | --: | --: | --: | --: | --: |',
    ...rows,
  ]
}

/** Median over the rounds of CPU per request of `one` divided by that of `other` in the same round. */
export function ratio(samples: readonly Sample[], one: string, other: string): number {
  const ratios: number[] = []
  for (const sample of samples.filter(each => each.contestant === one)) {
    const peer = samples.find(each => each.contestant === other && each.round === sample.round)
    if (peer !== undefined) ratios.push(sample.cpuMicrosPerRequest / peer.cpuMicrosPerRequest)
  }
  return median(ratios)
}

function inTurnTable(report: Report): string[] {
  const cpu = (name: string, scenario: string, round: number) =>
    report.samples.find(each => each.contestant === name && each.scenario === scenario && each.round === round)
      ?.cpuMicrosPerRequest ?? Number.NaN
  const rounds = [...new Set(report.samples.map(sample => sample.round))]
  const rows: string[] = []
  for (const name of Object.keys(report.versions)) {
    const value = median(rounds.map(round => cpu(name, 'tokens-in-turn', round) / cpu(name, 'one-token', round)))
    if (!Number.isNaN(value)) rows.push(`| ${name} | ${ratioText(value)} |`)
  }
  if (rows.length === 0) return []
  return ['## Many tokens in turn against one', '', '| contestant | CPU ratio |', '| --- | --: |', ...rows, '']
}

function ratioText(value: number): string {
  return Number.isNaN(value) ? '' : value.toFixed(2)
}
