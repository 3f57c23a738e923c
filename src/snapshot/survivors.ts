/**
 * What survives a reload that leaves its settings alone: key sets, pools, the state of upstreams, password checks, host names. The key in the
 * ledger is made of everything that went into the making, file contents included.
 */
import { createHash } from 'node:crypto'
import { createHostNames, type HostNames } from '../applications/host-names.ts'
import { createPasswordChecker, type PasswordChecker } from '../credentials/password.ts'
import type { Finding } from '../diagnostics/problem.ts'
import { ok, type Result } from '../errors/denial.ts'
import type { KeySource } from '../keys/key-source.ts'
import { createKeySource } from '../keys/origin.ts'
import { resolveOutgoingTls } from '../keys/outgoing-tls.ts'
import type { SigningKey } from '../keys/signing-key.ts'
import type { Stores } from '../keys/stores.ts'
import type { FetchDocument } from '../outbound/fetch-document.ts'
import type { OutgoingTls } from '../outbound/outgoing-tls.ts'
import type { ApplicationSettings, AuthServerSettings, UserSettings } from '../settings/model.ts'
import type { OutgoingTlsSettings } from '../settings/upstream-settings.ts'
import type { UpstreamParts } from '../upstream/http-upstream.ts'
import { createUpstreamPool, type PoolSettings, poolKey, type UpstreamPool } from '../upstream/pool.ts'
import { groupKey, TargetGroup } from '../upstream/target-group.ts'
import { openMeans } from './borrow-introspector.ts'
import type { CompileParts } from './compile.ts'
import type { Closable, LedgerPage } from './ledger.ts'

/** What the keys of an auth server are made of, beside its settings. */
export interface KeyIngredients {
  /** Our own key, where the auth server is ours. */
  readonly own: SigningKey | undefined
  readonly stores: Stores
}

/**
 * Borrows the key source of an auth server: one for each issuer, name and origin of keys. A pinned certificate, or one for outgoing
 * TLS, that is not where the settings say is a finding.
 */
export async function borrowKeySource(
  server: AuthServerSettings,
  { own, stores }: KeyIngredients,
  page: LedgerPage,
  parts: CompileParts,
): Promise<Result<KeySource, Finding>> {
  const { pointer: _, ...origin } = { pointer: '', ...server.keys, tls: undefined }
  const pinned = lookUpPinned(server, stores)
  if (!pinned.ok) return pinned
  const tls = resolveOutgoingTls(tlsOfKeys(server), stores)
  if (!tls.ok) return tls
  const contents = pinned.value ?? (await fingerprintOfFile(server, parts))
  const made = [server.name, server.issuer, origin, contents, own?.kid, own?.algorithm, tls.value?.identity]
  const source = page.borrow(`keys ${JSON.stringify(made)}`, () =>
    createKeySource(server, {
      ...parts,
      certificate: pinned.value,
      ...(tls.value !== undefined && { fetchDocument: over(tls.value, parts.fetchDocument) }),
      ...(own !== undefined && { own: () => [own.verificationKey] }),
    }),
  )
  return ok(source)
}

/** Finds what of the keys of an auth server is not where its settings say, without making a source of them. */
export function findUnopenable(server: AuthServerSettings, stores: Stores): readonly Finding[] {
  const { introspection } = server
  const found: readonly Result<unknown, Finding>[] = [
    lookUpPinned(server, stores),
    resolveOutgoingTls(tlsOfKeys(server), stores),
    introspection === undefined ? ok(undefined) : openMeans(introspection, stores),
  ]
  return found.flatMap(each => (each.ok ? [] : [each.error]))
}

function lookUpPinned({ keys }: AuthServerSettings, stores: Stores): Result<string | undefined, Finding> {
  if (keys.kind !== 'certificate') return ok(undefined)
  const found = stores.trusted(keys.truststore, keys.alias, { pointer: keys.pointer, use: 'issuer' })
  return found.ok ? ok(found.value[0]) : found
}

function tlsOfKeys({ keys }: AuthServerSettings): OutgoingTlsSettings | undefined {
  return 'tls' in keys ? keys.tls : undefined
}

/** Makes every call of one owner over its own TLS. */
function over(tls: OutgoingTls, fetchDocument: FetchDocument): FetchDocument {
  return (uri, limits) => fetchDocument(uri, { ...limits, tls })
}

/** Files are part of what a source was made of: another content is another source. */
async function fingerprintOfFile(
  { keys }: AuthServerSettings,
  { readFile }: CompileParts,
): Promise<string | undefined> {
  if (keys.kind !== 'jwksFile') return undefined
  const content = await readFile(keys.file).catch(() => '')
  return createHash('sha256').update(content).digest('hex')
}

/** Borrows connection pools: one for each origin and set of timeouts. */
export function borrowPool(page: LedgerPage): (settings: PoolSettings) => UpstreamPool {
  return settings => page.borrow(poolKey(settings), () => createUpstreamPool(settings))
}

/**
 * Borrows what is known of the targets of each API's upstream: ejections, health, circuits. Their health checks run while somebody holds
 * them. `onBorrowed` is told each one.
 */
export function borrowGroup(
  page: LedgerPage,
  { clock, schedule, logger }: CompileParts,
  onBorrowed: (group: TargetGroup) => void,
): UpstreamParts['borrowGroup'] {
  return (owner, settings, checkPool) => {
    const openPool = (target: string): UpstreamPool => createUpstreamPool(checkPool(target))
    const make = (): TargetGroup =>
      new TargetGroup(owner, settings, { clock, schedule, logger, openPool, random: Math.random })
    // Health checks are calls over that TLS, too; http targets have none.
    const checked = settings.healthCheck === undefined ? [] : settings.targets
    const identity = checked.map(target => checkPool(target).tls?.identity).find(each => each !== undefined) ?? ''
    const group = page.borrow(groupKey(owner, settings) + identity, make)
    onBorrowed(group)
    return group
  }
}

interface HeldPasswordChecker extends Closable {
  readonly checker: PasswordChecker
}

/** Borrows the password checker of a set of users: what it remembers of failures must not end with a reload. */
export function borrowPasswordChecker(
  users: readonly UserSettings[],
  page: LedgerPage,
  { clock, schedule }: CompileParts,
): PasswordChecker {
  const key = `users ${JSON.stringify(users.map(({ name, passwordHash }) => [name, passwordHash]))}`
  const make = (): HeldPasswordChecker => ({
    checker: createPasswordChecker({ users, clock, schedule }),
    close: () => Promise.resolve(),
  })
  return page.borrow(key, make).checker
}

/** Borrows the resolved addresses of the host names that identify applications. */
export function borrowHostNames(
  applications: readonly ApplicationSettings[],
  page: LedgerPage,
  { clock, schedule, logger, resolveHostName }: CompileParts,
): HostNames {
  const names = [...new Set(applications.flatMap(({ identifiers }) => identifiers.hostNames))].sort()
  return page.borrow(`host names ${JSON.stringify(names)}`, () =>
    createHostNames(names, { resolve: resolveHostName, clock, schedule, logger }),
  )
}
