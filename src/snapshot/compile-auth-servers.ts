import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import { createIssuer, type Issuer, isIssuing } from '../issuer/issuer.ts'
import { openSigningKey, type SigningKey } from '../keys/signing-key.ts'
import type { Stores } from '../keys/stores.ts'
import type { ApiSettings, AuthServerSettings, Settings } from '../settings/model.ts'
import type { TokenServer } from '../tokens/verify.ts'
import { borrowIntrospector } from './borrow-introspector.ts'
import type { CompileParts } from './compile.ts'
import type { LedgerPage } from './ledger.ts'
import type { AuthServer } from './snapshot.ts'
import { borrowKeySource } from './survivors.ts'

export interface CompiledAuthServers {
  readonly authServers: readonly AuthServer[]
  /** Those that have an issuer, by name: what tokens are verified by. */
  readonly servers: ReadonlyMap<string, TokenServer>
  /** Those that issue, in the order of the file. */
  readonly issuers: readonly Issuer[]
}

/** Opens the keys of every auth server. A signing key that cannot be had is an error: nobody could verify what it signs. */
export async function compileAuthServers(
  settings: Settings,
  stores: Stores,
  page: LedgerPage,
  parts: CompileParts,
): Promise<Result<CompiledAuthServers, readonly Finding[]>> {
  const findings: Finding[] = []
  const issuers: Issuer[] = []
  const authServers: AuthServer[] = []
  const servers = new Map<string, TokenServer>()
  for (const server of settings.authServers) {
    const opened = await openOwnKey(server, settings, stores, parts)
    if (!opened.ok) {
      findings.push(opened.error)
      continue
    }
    const own = opened.value
    if (own !== undefined && isIssuing(server)) issuers.push(createIssuer(server, own, parts.clock))
    const borrowed = await borrowKeySource(server, { own, stores }, page, parts)
    if (!borrowed.ok) {
      findings.push(borrowed.error)
      continue
    }
    const keys = borrowed.value
    const introspector = borrowIntrospector(server, { keys, stores }, page, parts)
    if (!introspector.ok) {
      findings.push(introspector.error)
      continue
    }
    const apis = apisThatAccept(server.name, settings.apis)
    authServers.push({ settings: server, keys, introspector: introspector.value, apis })
    if (server.issuer === undefined) continue
    servers.set(server.name, {
      name: server.name,
      issuer: server.issuer,
      keys,
      algorithms: server.algorithms === undefined ? undefined : new Set(server.algorithms),
      clockSkewSeconds: server.clockSkewSeconds,
      requireExp: server.requireExp,
    })
  }
  return findings.length > 0 ? { ok: false, error: findings } : ok({ authServers, servers, issuers })
}

/** Opens the key that an auth server of ours signs with; undefined where it is none of ours, or its key does not exist yet. */
export async function openOwnKey(
  server: AuthServerSettings,
  settings: Settings,
  stores: Stores,
  { store, mayGenerateKeys }: Pick<CompileParts, 'store' | 'mayGenerateKeys'>,
): Promise<Result<SigningKey | undefined, Finding>> {
  if (server.tokenGenerator === undefined) return ok(undefined)
  const opened = await openSigningKey(server.tokenGenerator, settings.keystores, {
    store,
    stores,
    mayGenerate: mayGenerateKeys,
  })
  if (opened.ok || opened.error.pointer !== '') return opened
  return { ok: false, error: { ...opened.error, pointer: server.pointer } }
}

function apisThatAccept(authServer: string, apis: readonly ApiSettings[]): readonly string[] {
  const accepts = (api: ApiSettings): boolean =>
    api.active &&
    api.routes.some(({ policies }) =>
      policies.identifyAndAuthorize?.rules.some(rule => 'authServers' in rule && rule.authServers.includes(authServer)),
    )
  return apis.filter(accepts).map(({ name }) => name)
}
