import { plural } from '../diagnostics/plural.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Logger } from '../log/logger.ts'
import type { ReloadStatus } from './reload-status.ts'

/**
 * Writes how a reload ended: one line, and one for each problem, loud where the change was refused. `before` is how the last one
 * ended; undefined for the start.
 */
export function logReload(status: ReloadStatus, logger: Logger, before?: ReloadStatus): void {
  const { result, reason, revision, problems } = status
  const facts = { reason, revision, durationMs: Math.round(status.durationMs) }
  if (result === 'refused') {
    const errors = problems.filter(({ severity }) => severity === 'error').length
    logger.error(
      { ...facts, errors },
      `reload refused, still on ${revision}: ${plural(errors, 'error')} (microgateway check)`,
    )
  } else if (reason === 'start') logger.info(facts, `started on ${revision}`)
  else if (result === 'unchanged' && before?.result === 'refused') {
    logger.info(facts, `the refused change was taken back, still on ${revision}`)
  }
  // Files are touched without being changed all the time; who asked for a reload wants an answer.
  else if (result === 'unchanged' && reason === 'file') logger.debug(facts, `nothing changed, still on ${revision}`)
  else if (result === 'unchanged') logger.info(facts, `nothing changed, still on ${revision}`)
  else logger.info(facts, `reloaded, now on ${revision}`)
  // What did not change was told before.
  if (result !== 'unchanged') for (const problem of problems) logProblem(problem, logger)
}

function logProblem({ code, severity, message, place, pointer, help }: Problem, logger: Logger): void {
  const facts = {
    code,
    ...(place !== undefined && { file: place.file, line: place.line, column: place.column }),
    ...(pointer !== undefined && { pointer }),
    ...(help !== undefined && { help }),
  }
  if (severity === 'error') logger.error(facts, message)
  else logger.warn(facts, message)
}
