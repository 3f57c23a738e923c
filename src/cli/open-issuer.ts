import type { Clock } from '../clock/clock.ts'
import { ok, type Result } from '../errors/denial.ts'
import { createIssuer, type Issuer, isIssuing } from '../issuer/issuer.ts'
import { openSigningKey } from '../keys/signing-key.ts'
import type { AuthServerSettings, Settings } from '../settings/model.ts'
import { createStore } from '../state/store.ts'
import { openSettingsStores } from './settings-stores.ts'

/**
 * Opens an issuer with the key that a started gateway keeps under `state_dir`. A generated key that is not there yet is not made
 * here: the gateway may run as another user, and its key is its own.
 */
export async function openIssuer(
  settings: Settings,
  authServer: AuthServerSettings,
  parts: { readonly clock: Clock },
): Promise<Result<Issuer, string>> {
  if (!isIssuing(authServer)) return { ok: false, error: `auth server \`${authServer.name}\` issues no tokens` }
  const store = createStore(settings.stateDir)
  // Only the one that is needed: what is wrong with others is not asked here.
  const { keystore } = authServer.tokenGenerator
  const keystores = settings.keystores.filter(({ name }) => name === keystore)
  const stores = await openSettingsStores({ keystores, truststores: [] })
  if (!stores.ok) return { ok: false, error: stores.error[0]?.message ?? 'the keystore cannot be opened' }
  const opened = await openSigningKey(authServer.tokenGenerator, keystores, {
    store,
    stores: stores.value,
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
