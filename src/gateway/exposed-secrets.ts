import type { Problem } from '../diagnostics/problem.ts'
import { isLoopbackHost } from '../message/loopback.ts'
import type { LoadResult } from '../settings/load.ts'
import type { ListenAddress, Settings } from '../settings/model.ts'

/**
 * Turns the warning about a secret from our samples into an error where a listener can be reached from elsewhere (product.md
 * section 2): everybody knows such a secret, so it protects nothing.
 */
export function refuseExposedSecrets(loaded: LoadResult): LoadResult {
  const { settings } = loaded
  if (settings === undefined || !isReachable(settings)) return loaded
  const problems = loaded.problems.map(toError)
  return problems.some(({ severity }) => severity === 'error') ? { ...loaded, settings: undefined, problems } : loaded
}

function toError(problem: Problem): Problem {
  if (problem.code !== 'config.published_secret') return problem
  return {
    ...problem,
    severity: 'error',
    help: 'set one of your own, or bind every listener to 127.0.0.1: a published secret protects nothing',
  }
}

function isReachable({ ports }: Settings): boolean {
  const addresses = [ports.http, ports.https, ports.admin].filter(
    (address): address is ListenAddress => address !== undefined,
  )
  return addresses.some(({ host }) => host === undefined || !isLoopbackHost(host))
}
