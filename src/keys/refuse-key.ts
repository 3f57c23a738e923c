import type { Finding } from '../diagnostics/problem.ts'
import type { Result } from '../errors/denial.ts'

/** Makes the finding of a key of ours that cannot be used; `pointer` is the place in the settings that names it. */
export function refuseKey(code: Finding['code'], message: string, pointer: string): Result<never, Finding> {
  return { ok: false, error: { code, severity: 'error', message, pointer } }
}
