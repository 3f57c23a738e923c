import { predictTies } from '../applications/predict-ties.ts'
import type { Finding } from '../diagnostics/problem.ts'
import { findOverlaps, type RoutePlace } from '../routing/overlaps.ts'
import type { ApiSettings, RouteSettings, Settings } from '../settings/model.ts'
import { toRouteEntry } from './compile-api.ts'

/** Predicts what can match one request alike: routes that hide each other, applications that one token names both. Warnings. */
export function findConflicts(settings: Settings): readonly Finding[] {
  const apis = settings.apis.filter(({ active }) => active)
  return [...findHiddenRoutes(apis), ...predictTies(settings.applications, apis)]
}

function findHiddenRoutes(apis: readonly ApiSettings[]): readonly Finding[] {
  const overlaps = findOverlaps(apis.map(api => toRouteEntry(api, api.routes)))
  return overlaps.flatMap(({ first, second, kind }) => {
    const winner = placeOf(apis, first)
    const loser = placeOf(apis, second)
    if (winner === undefined || loser === undefined) return []
    const hidden = `route \`${nameOf(loser.route)}\` of API \`${loser.api.name}\``
    const finding: Finding = {
      code: 'config.ambiguous',
      severity: 'warning',
      message:
        kind === 'duplicate'
          ? `${hidden} is written twice: the first one answers`
          : `${hidden} is never reached: API \`${winner.api.name}\` has the longer base path`,
      pointer: loser.route.pointer,
      label: 'never reached',
      related: [{ pointer: winner.route.pointer, label: 'this one answers' }],
      help:
        kind === 'duplicate' ? 'remove one of them, or give them different hosts' : 'move the path, or the base path',
    }
    return [finding]
  })
}

function placeOf(
  apis: readonly ApiSettings[],
  [entry, index]: RoutePlace,
): { readonly api: ApiSettings; readonly route: RouteSettings } | undefined {
  const api = apis[entry]
  const route = api?.routes[index]
  return api === undefined || route === undefined ? undefined : { api, route }
}

function nameOf({ match }: RouteSettings): string {
  return `${match.method} ${match.path}`
}
