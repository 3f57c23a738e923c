import type { Clock } from '../clock/clock.ts'
import { ok, type Result } from '../errors/denial.ts'
import { createIssuer, type Issuer, isIssuing } from '../issuer/issuer.ts'
import { openSigningKey } from '../keys/signing-key.ts'
import type { AuthServerSettings, Settings } from '../settings/model.ts'
import { createStore } from '../state/store.ts'

/**
 * Opens an issuer with the key that a started gateway keeps under `state_dir`. A generated key that is not there yet is not made
 * here: the gateway may run as another user, and its key is its own.
 */
export async function openIssuer(
  settings: Settings,
  authServer: AuthServerSettings,
  parts: { readonly clock: Clock; readonly readFile: (path: string) => Promise<string> },
): Promise<Result<Issuer, string>> {
  if (!isIssuing(authServer)) return { ok: false, error: `auth server \`${authServer.name}\` issues no tokens` }
  const store = createStore(settings.stateDir)
  const opened = await openSigningKey(authServer.tokenGenerator, settings.keystores, {
    store,
    readFile: parts.readFile,
    mayGenerate: false,
  })
  if (!opened.ok) return { ok: false, error: opened.error.message }
  if (opened.value === undefined) {
    return {
      ok: false,
      error: `there is no signing key under \`${store.directory}\` yet: \`microgateway start\` makes it`,
    }
  }
  return ok(createIssuer(authServer, opened.value, parts.clock))
}
