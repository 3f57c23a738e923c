import { plural } from '../diagnostics/plural.ts'
import type { Target } from '../exchange/exchange.ts'
import type { AdminView, AuthServerView } from './admin-view.ts'
import { createJsonTarget } from './json-target.ts'

/** One thing that readiness depends on. */
export interface HealthCheck {
  readonly name: string
  readonly ok: boolean
  readonly message: string
}

/**
 * Judges readiness (product.md section 7): the listeners accept, settings are in force, every auth server that an API names has its
 * keys or has failed to get them once, and nobody asked the gateway to stop. An upstream's health is none of its business.
 */
export function judgeReadiness(view: AdminView): readonly HealthCheck[] {
  const inForce = view.inForce()
  return [
    view.draining()
      ? { name: 'draining', ok: false, message: 'the gateway is stopping' }
      : { name: 'draining', ok: true, message: 'not stopping' },
    inForce === undefined
      ? { name: 'settings', ok: false, message: 'no settings in force yet' }
      : { name: 'settings', ok: true, message: `revision ${inForce.settings.revision} in force` },
    judgeListeners(view),
    judgeOverload(view),
    ...view
      .authServers()
      .filter(({ apis }) => apis.length > 0)
      .map(judgeAuthServer),
  ]
}

function judgeListeners(view: AdminView): HealthCheck {
  const listeners = view.listeners().filter(({ kind }) => kind !== 'admin')
  const accepting = listeners.filter(listener => listener.accepting).length
  const message = `${accepting} of ${listeners.length} listeners accept connections`
  return { name: 'listeners', ok: listeners.length > 0 && accepting === listeners.length, message }
}

/** Never in the way of readiness: taken out for overload, a gateway would hand its load to the next one (docs/decisions/0019-overload.md). */
function judgeOverload(view: AdminView): HealthCheck {
  const { guard } = view.overload()
  return { name: 'overload', ok: true, message: guard === undefined ? 'none' : `requests are refused: ${guard}` }
}

function judgeAuthServer({ name, keys }: AuthServerView): HealthCheck {
  const message =
    keys.keys > 0
      ? `${plural(keys.keys, 'key')}${keys.stale ? ', stale' : ''}`
      : keys.settled
        ? `no keys${keys.lastFailure === undefined ? '' : `: ${keys.lastFailure}`}`
        : 'waiting for keys'
  return { name: `auth server ${name}`, ok: keys.settled, message }
}

/** Creates `/health/ready`: 200 or 503, with each check in the body. */
export function createReadyTarget(view: AdminView): Target {
  return createJsonTarget(() => {
    const checks = judgeReadiness(view)
    const ready = checks.every(check => check.ok)
    return { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not_ready', checks } }
  })
}

/** Creates `/health/live`: that it answers at all is the answer. It looks at nothing. */
export function createLiveTarget(): Target {
  return createJsonTarget(() => ({ status: 200, body: { status: 'live' } }))
}
