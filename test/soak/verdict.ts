import type { LoadReport } from '../support/steady-load.ts'

/** How a run ended. */
export interface Verdict {
  readonly ok: boolean
  /** Figures, for the line that is printed. */
  readonly figures: Readonly<Record<string, string | number>>
  /** What was wrong, one sentence each. */
  readonly complaints: readonly string[]
}

/** Makes the verdict on a run under load: nobody failed, nobody was judged wrong, and nothing else was wrong either. */
export function judgeRun(report: LoadReport, figures: Verdict['figures'], complaints: readonly string[] = []): Verdict {
  const all = [
    ...(report.failed > 0 ? [`${report.failed} requests failed`] : []),
    ...(report.wrong > 0 ? [`${report.wrong} answers were wrong`] : []),
    ...report.examples,
    ...complaints,
  ]
  const { requests, failed, wrong, connections, slowestMs } = report
  return {
    ok: all.length === 0 && requests > 0,
    figures: { requests, failed, wrong, connections, slowest_ms: Math.round(slowestMs), ...figures },
    complaints: requests > 0 ? all : ['nothing was asked'],
  }
}
