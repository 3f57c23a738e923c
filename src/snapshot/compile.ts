/**
 * From settings to a snapshot: keys, pools, policies, the route table. What can be shared with the snapshot in force is borrowed from
 * the ledger; a failed compile gives back what it borrowed. Nothing here serves a request, and nothing here reads YAML:
 * what is wrong comes back as findings by JSON pointer. `reload` and the start call it.
 */
import { createApplicationRegistry } from '../applications/registry.ts'
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { ExpressionCompiler } from '../expressions/expression.ts'
import type { KeyCopies } from '../keys/key-copies.ts'
import { resolveOutgoingTls } from '../keys/outgoing-tls.ts'
import type { SharedFetch } from '../keys/shared-fetch.ts'
import { openStores, type Stores } from '../keys/stores.ts'
import type { Logger } from '../log/logger.ts'
import { createAddressSet } from '../message/address.ts'
import type { Counters } from '../metrics/counters.ts'
import type { FetchDocument } from '../outbound/fetch-document.ts'
import type { OutgoingTls } from '../outbound/outgoing-tls.ts'
import type { ProxyRules } from '../outbound/proxy-rules.ts'
import type { PolicyParts } from '../policies/policy-parts.ts'
import type { ProofMemory } from '../policies/proof-of-possession.ts'
import { createTokenVerifiers } from '../policies/token-verifiers.ts'
import { createRouteTable } from '../routing/route-table.ts'
import type { ApiSettings, Settings } from '../settings/model.ts'
import type { OutgoingTlsSettings } from '../settings/upstream-settings.ts'
import type { Store } from '../state/store.ts'
import type { KeptRevocations } from '../tokens/kept-revocations.ts'
import type { VerifiedTokenCache } from '../tokens/verified-cache.ts'
import { createTokenVerifier } from '../tokens/verify.ts'
import { createFieldRules, IDENTITY_FIELDS } from '../upstream/field-names.ts'
import { createForwarding } from '../upstream/forwarded.ts'
import type { TargetGroup } from '../upstream/target-group.ts'
import { compileApi, toRouteEntry } from './compile-api.ts'
import { compileAuthServers } from './compile-auth-servers.ts'
import { compileBuiltIn } from './compile-built-in.ts'
import { compileRevocations } from './compile-revocations.ts'
import { findConflicts } from './conflicts.ts'
import type { Ledger } from './ledger.ts'
import type { Route, Snapshot } from './snapshot.ts'
import { borrowGroup, borrowHostNames, borrowPasswordChecker, borrowPool } from './survivors.ts'

/** What outlives snapshots and is handed to each of them. */
export interface CompileParts {
  readonly clock: Clock
  readonly schedule: Schedule
  readonly logger: Logger
  readonly ledger: Ledger
  readonly counters: Counters
  /** What this gateway calls itself in `Via`. */
  readonly pseudonym: string
  readonly tokenCache: VerifiedTokenCache
  readonly proofs: ProofMemory
  /** What operators have revoked. */
  readonly keptRevocations: KeptRevocations
  readonly expressions: ExpressionCompiler
  readonly fetchDocument: FetchDocument
  /** Which of the gateway's own calls go through a proxy; none by default. */
  readonly proxies?: ProxyRules
  readonly sharedFetch: SharedFetch
  /** Last good key sets under `state_dir`. */
  readonly keyCopies: KeyCopies
  readonly resolveHostName: (name: string) => Promise<readonly string[]>
  readonly readFile: (path: string) => Promise<string>
  readonly readBytes: (path: string) => Promise<Uint8Array>
  readonly store: Store
  /** Whether a signing key that does not exist yet is made and kept. */
  readonly mayGenerateKeys: boolean
}

export interface CompiledSnapshot {
  readonly snapshot: Snapshot
  /** The open key and trust stores, for the listeners. */
  readonly stores: Stores
  readonly warnings: readonly Finding[]
}

/** APIs compiled before other work gets a turn: a large configuration must not stall requests (quality.md, reload). */
const APIS_AT_A_TIME = 20

/** Compiles settings that were validated. Errors are findings; the snapshot in force is not touched. */
export async function compileSnapshot(
  settings: Settings,
  parts: CompileParts,
): Promise<Result<CompiledSnapshot, readonly Finding[]>> {
  const page = parts.ledger.openPage()
  try {
    const opened = await openStores(settings, { readBytes: parts.readBytes, cache: page })
    if (!opened.ok) {
      await page.giveBack()
      return opened
    }
    const stores = opened.value
    const auth = await compileAuthServers(settings, stores, page, parts)
    if (!auth.ok) {
      await page.giveBack()
      return auth
    }
    const upstreamTls = resolveUpstreamTls(settings.apis, stores)
    if (!upstreamTls.ok) {
      await page.giveBack()
      return upstreamTls
    }
    const { authServers, issuers, servers } = auth.value
    const issuerNames = new Map([...servers].map(([name, { issuer }]) => [name, issuer]))
    const revocations = await compileRevocations(settings, issuerNames, page, parts)
    const passwordChecker = borrowPasswordChecker(settings.users, page, parts)
    const registry = createApplicationRegistry(settings.applications, {
      ownAuthServers: new Set(issuers.map(({ authServer }) => authServer)),
      hostNames: borrowHostNames(settings.applications, page, parts),
    })
    const trustedProxies = createAddressSet(settings.trustedProxies)
    const shared: Omit<PolicyParts, 'api'> = {
      accessUrl: settings.apiEndpoint.accessUrl,
      registry,
      proofs: parts.proofs,
      passwordChecker,
      expressions: parts.expressions,
      introspectors: {
        servers: new Map(
          authServers.flatMap(({ introspector: one }) => (one === undefined ? [] : [[one.authServer, one]])),
        ),
        issuers: issuerNames,
        maxTokenBytes: settings.limits.maxTokenBytes,
        revocations,
      },
      audiences: new Map(settings.authServers.map(server => [server.name, audiencesOf(server)])),
      verifiers: createTokenVerifiers({
        servers,
        hmacCandidates: registry.hmacCandidates,
        maxTokenBytes: settings.limits.maxTokenBytes,
        createVerifier: rules =>
          createTokenVerifier(rules, { clock: parts.clock, cache: parts.tokenCache, revocations }),
      }),
    }
    const upstreams: TargetGroup[] = []
    const upstream = {
      borrowPool: borrowPool(page),
      borrowGroup: borrowGroup(page, parts, group => upstreams.push(group)),
      fieldRules: createFieldRules([...IDENTITY_FIELDS, ...settings.identityFields]),
      forwarding: createForwarding(trustedProxies, parts.pseudonym),
      tlsOf: (tls: OutgoingTlsSettings) => upstreamTls.value.get(tls),
      clock: parts.clock,
    }
    // An API that is out keeps its base path, with no route: nobody else answers in its place.
    const compiled = await inTurns(settings.apis, api =>
      api.active ? compileApi(api, { shared, upstream, counters: parts.counters }) : [],
    )
    const builtIn = compileBuiltIn(settings, { issuers, passwordChecker, counters: parts.counters })
    const snapshot: Snapshot = {
      revision: settings.revision,
      settings,
      builtIn,
      routes: createRouteTable(settings.apis.map((api, i) => toRouteEntry(api, compiled[i] ?? []))),
      authServers,
      upstreams,
      limits: settings.limits,
      trustedProxies,
      pseudonym: parts.pseudonym,
      verifiers: shared.verifiers,
      revocations,
      certificates: () => stores.inUse(),
      counters: new Set([...compiled.flat(), ...listRoutes(builtIn)].map(({ counters }) => counters)),
      retire: () => page.giveBack(),
    }
    return { ok: true, value: { snapshot, stores, warnings: findConflicts(settings) } }
  } catch (error) {
    await page.giveBack()
    throw error
  }
}

/** Resolves the outgoing TLS of every active API once. All that is wrong comes at once. */
export function resolveUpstreamTls(
  apis: readonly ApiSettings[],
  stores: Stores,
): Result<ReadonlyMap<OutgoingTlsSettings, OutgoingTls>, readonly Finding[]> {
  const findings: Finding[] = []
  const resolved = new Map<OutgoingTlsSettings, OutgoingTls>()
  for (const { active, upstream } of apis) {
    if (!active || upstream.kind !== 'http' || upstream.tls === undefined) continue
    const tls = resolveOutgoingTls(upstream.tls, stores)
    if (!tls.ok) findings.push(tls.error)
    else if (tls.value !== undefined) resolved.set(upstream.tls, tls.value)
  }
  return findings.length > 0 ? { ok: false, error: findings } : ok(resolved)
}

function audiencesOf(server: Settings['authServers'][number]): readonly string[] {
  const issued = server.tokenGenerator?.audience
  return issued === undefined ? server.audience : [...server.audience, issued]
}

async function inTurns(
  apis: readonly ApiSettings[],
  compile: (api: ApiSettings) => readonly Route[],
): Promise<Route[][]> {
  const compiled: Route[][] = []
  for (let i = 0; i < apis.length; i += APIS_AT_A_TIME) {
    if (i > 0) await new Promise<void>(resolve => setImmediate(resolve))
    for (const api of apis.slice(i, i + APIS_AT_A_TIME)) compiled.push([...compile(api)])
  }
  return compiled
}

function listRoutes(paths: Snapshot['builtIn']): Route[] {
  return [...paths.values()].flatMap(methods => [...methods.values()])
}
