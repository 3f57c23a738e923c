import { type Decision, type Policy, PROCEED } from './policy.ts'

/** Compiles `protocols`: a request over another scheme is refused before anything else is looked at (product.md 4, *Policies*). */
export function compileRequireScheme(protocols: readonly ('http' | 'https')[]): Policy {
  const allowed = new Set(protocols)
  const refused: Decision = Object.freeze({
    kind: 'deny',
    denial: Object.freeze({ code: 'request.https_required', facts: { protocols: [...allowed].join(' ') } }),
  })
  return {
    name: 'protocols',
    stage: 'transport',
    evaluate: ({ head }) => (allowed.has(head.scheme) ? PROCEED : refused),
  }
}
