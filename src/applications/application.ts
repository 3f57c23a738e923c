/** An application: a known caller, as the operator registered it. The request path reads it; it holds no secret. */
export interface Application {
  readonly id: string
  readonly name: string
  readonly owner: string | undefined
  readonly tier: string | undefined
  readonly suspended: boolean
  /** Names of the APIs it is registered for. */
  readonly apis: ReadonlySet<string>
}

/** What `global_or_default` calls a valid caller without an application (seed 003: `sys:defaultApplication`). */
export const DEFAULT_APPLICATION: Application = Object.freeze({
  id: 'sys:defaultApplication',
  name: 'sys:defaultApplication',
  owner: undefined,
  tier: undefined,
  suspended: false,
  apis: new Set<string>(),
})
