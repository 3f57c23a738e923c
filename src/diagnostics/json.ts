import type { Place, Problem } from './problem.ts'

/** A problem as machines read it (`check --json`): flat, with absent members left out. */
export interface ProblemJson {
  readonly code: string
  readonly severity: string
  readonly message: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly length?: number
  readonly label?: string
  readonly help?: string
  readonly pointer?: string
  readonly related?: readonly (Place & { readonly label: string })[]
}

/** Converts problems to plain data for `JSON.stringify`, in the order given. */
export function problemsToJson(problems: readonly Problem[]): ProblemJson[] {
  return problems.map(({ code, severity, message, place, label, help, pointer, related }) => ({
    code,
    severity,
    message,
    ...place,
    ...(label !== undefined && { label }),
    ...(help !== undefined && { help }),
    ...(pointer !== undefined && { pointer }),
    ...(related !== undefined && { related: related.map(each => ({ ...each.place, label: each.label })) }),
  }))
}
