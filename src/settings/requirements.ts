import type { Finding } from '../diagnostics/problem.ts'
import type { Inspection } from './inspection.ts'
import { policiesOf } from './policy-entries.ts'

/** Compiles every `require` expression, and points into it where it fails. */
export function checkRequirements({ apis, checkExpression }: Inspection): readonly Finding[] {
  return apis
    .flatMap(api => [api, ...api.at('routes').items()])
    .flatMap(owner => policiesOf(owner))
    .flatMap(({ kind, body }) => {
      if (kind !== 'require' || body.text === undefined) return []
      const mistake = checkExpression(body.text)
      if (mistake === undefined) return []
      const { message, range, label, help } = mistake
      return [
        {
          code: 'config.expression' as const,
          severity: 'error' as const,
          message,
          pointer: body.pointer,
          range,
          ...(label === undefined ? {} : { label }),
          ...(help === undefined ? {} : { help }),
        },
      ]
    })
}
