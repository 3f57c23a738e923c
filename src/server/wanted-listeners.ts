import type { Settings } from '../settings/model.ts'
import type { WantedListener } from './listeners.ts'
import { createServerTls, type ServerTls, type TlsProblem } from './tls.ts'

export type WantedListeners =
  | { readonly ok: true; readonly value: readonly WantedListener[] }
  | { readonly ok: false; readonly error: TlsProblem }

/** Lists the listeners that settings ask for, with their certificates read. The admin listener comes last. */
export function listWantedListeners(settings: Settings, readFile: (file: string) => Uint8Array): WantedListeners {
  const { ports, limits } = settings
  let tls: ServerTls | undefined
  if (ports.https !== undefined && settings.tls !== undefined) {
    const made = createServerTls(settings.tls, readFile)
    if (!made.ok) return made
    tls = made.value
  }
  const wanted: WantedListener[] = []
  if (ports.http !== undefined) wanted.push({ kind: 'http', address: ports.http, limits, tls: undefined })
  if (ports.https !== undefined) wanted.push({ kind: 'https', address: ports.https, limits, tls })
  wanted.push({ kind: 'admin', address: ports.admin, limits, tls: undefined })
  return { ok: true, value: wanted }
}
