import type { Target } from '../exchange/exchange.ts'
import type { Settings } from '../settings/model.ts'
import type { AdminView } from './admin-view.ts'
import { createJsonTarget } from './json-target.ts'

const MASK = '(secret)'

/** Creates `<admin_path>/settings`: the resolved settings in force, without a secret in them; 503 before there are some. */
export function createSettingsTarget(view: AdminView): Target {
  return createJsonTarget(() => {
    const inForce = view.inForce()
    return inForce === undefined
      ? { status: 503, body: { status: 'no settings in force yet' } }
      : { status: 200, body: redactSettings(inForce.settings) }
  })
}

/**
 * Copies settings for people to read: `Secret` values print as their mask by themselves, password hashes and passwords inside
 * URLs are masked here, JSON pointers (which say nothing to a reader) are left out.
 */
function redactSettings(settings: Settings): unknown {
  return JSON.parse(JSON.stringify(settings, redactMember))
}

function redactMember(name: string, value: unknown): unknown {
  if (name === 'passwordHash') return MASK
  if (name === 'pointer' && typeof value === 'string' && (value === '' || value.startsWith('/'))) return undefined
  if (typeof value === 'string') return value.replace(/^([a-z][a-z0-9+.-]{0,20}:\/\/)[^/@]{1,1024}@/i, `$1${MASK}@`)
  return value
}
