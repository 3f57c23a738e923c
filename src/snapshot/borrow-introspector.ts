import { createHash } from 'node:crypto'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import { type AssertionKey, signingAlgorithmOf } from '../introspection/client-authentication.ts'
import { createIntrospector, type Introspector, MAX_IN_FLIGHT } from '../introspection/introspector.ts'
import type { KeySource } from '../keys/key-source.ts'
import { resolveOutgoingTls } from '../keys/outgoing-tls.ts'
import type { Stores } from '../keys/stores.ts'
import type { OutgoingTls } from '../outbound/outgoing-tls.ts'
import { createFormPoster } from '../outbound/post-form.ts'
import type { RemoteIntrospectionSettings } from '../settings/introspection-settings.ts'
import type { AuthServerSettings } from '../settings/model.ts'
import type { CompileParts } from './compile.ts'
import type { LedgerPage } from './ledger.ts'

/** What introspection uses of the stores. */
export interface IntrospectionMeans {
  readonly tls: OutgoingTls | undefined
  readonly assertionKey: AssertionKey | undefined
}

/**
 * Borrows what asks an auth server about tokens, with what it remembers; undefined where there is nobody to ask. A key or a
 * certificate that is not where the settings say is a finding.
 */
export function borrowIntrospector(
  server: AuthServerSettings,
  { keys, stores }: { readonly keys: KeySource; readonly stores: Stores },
  page: LedgerPage,
  { clock, logger, tokenCache, proxies }: Pick<CompileParts, 'clock' | 'logger' | 'tokenCache' | 'proxies'>,
): Result<Introspector | undefined, Finding> {
  const { introspection } = server
  if (introspection === undefined) return ok(undefined)
  const means = openMeans(introspection, stores)
  if (!means.ok) return means
  const { tls, assertionKey } = means.value
  const { name, issuer, algorithms, clockSkewSeconds } = server
  const own = { name, issuer, algorithms, clockSkewSeconds }
  const identity = identify(introspection, means.value, JSON.stringify([own, tokenCache.numberOf(keys)]))
  return ok(
    page.borrow(`introspection ${identity}`, () => {
      const poster = createFormPoster({ tls, proxies, connections: MAX_IN_FLIGHT })
      return createIntrospector(own, introspection, { clock, logger, poster, keys, assertionKey })
    }),
  )
}

/** Looks up what introspection needs: its TLS, and the key that signs its assertions. */
export function openMeans(
  { client, tls, pointer }: RemoteIntrospectionSettings,
  stores: Stores,
): Result<IntrospectionMeans, Finding> {
  const resolved = resolveOutgoingTls(tls, stores)
  if (!resolved.ok) return resolved
  if (client.kind !== 'private_key_jwt') return ok({ tls: resolved.value, assertionKey: undefined })
  const place = `${pointer}/${client.keyAlias === undefined ? 'keyStoreAlias' : 'keyAlias'}`
  const entry = stores.entry(client.keystore, client.keyAlias, { pointer: place })
  if (!entry.ok) return entry
  const { privateKey, certificates, alias } = entry.value
  if (privateKey !== undefined && signingAlgorithmOf(privateKey) !== undefined) {
    return ok({ tls: resolved.value, assertionKey: { privateKey, certificates } })
  }
  return {
    ok: false,
    error: {
      code: 'config.conflict',
      severity: 'error',
      message: `key \`${alias}\` of keystore \`${client.keystore}\` cannot sign assertions`,
      pointer: place,
      help: 'take an RSA, a P-256, P-384 or P-521, or an Ed25519 key',
    },
  }
}

/** Everything that a verdict depends on; another of it is another introspector, with an empty cache. A hash, as a secret is in it. */
function identify(
  settings: RemoteIntrospectionSettings,
  { tls, assertionKey }: IntrospectionMeans,
  of: string,
): string {
  const { client, pointer: _, tls: __, ...rest } = settings
  const secret = 'clientSecret' in client ? client.clientSecret.reveal() : undefined
  const hash = createHash('sha256').update(JSON.stringify([of, rest, client, secret, tls?.identity]))
  if (assertionKey !== undefined) {
    hash.update(assertionKey.privateKey.export({ format: 'der', type: 'pkcs8' }))
    hash.update(assertionKey.certificates.join())
  }
  return hash.digest('base64url')
}
