/**
 * What survives a reload that leaves its settings alone: key sets, pools, password checks, resolved host names. The key in the
 * ledger is made of everything that went into the making, file contents included.
 */
import { createHash } from 'node:crypto'
import { createHostNames, type HostNames } from '../applications/host-names.ts'
import { createPasswordChecker, type PasswordChecker } from '../credentials/password.ts'
import type { KeySource } from '../keys/key-source.ts'
import { createKeySource } from '../keys/origin.ts'
import type { SigningKey } from '../keys/signing-key.ts'
import type { ApplicationSettings, AuthServerSettings, UserSettings } from '../settings/model.ts'
import { createUpstreamPool, type PoolSettings, poolKey, type UpstreamPool } from '../upstream/pool.ts'
import type { CompileParts } from './compile.ts'
import type { Closable, LedgerPage } from './ledger.ts'

/** Borrows the key source of an auth server: one for each issuer, name and origin of keys. */
export async function borrowKeySource(
  server: AuthServerSettings,
  own: SigningKey | undefined,
  page: LedgerPage,
  parts: CompileParts,
): Promise<KeySource> {
  const { pointer: _, ...origin } = { pointer: '', ...server.keys }
  const contents = await fingerprintOfFile(server, parts)
  const key = `keys ${JSON.stringify([server.name, server.issuer, origin, contents, own?.kid, own?.algorithm])}`
  return page.borrow(key, () =>
    createKeySource(server, { ...parts, ...(own !== undefined && { own: () => [own.verificationKey] }) }),
  )
}

/** Files are part of what a source was made of: another content is another source. */
async function fingerprintOfFile(
  { keys }: AuthServerSettings,
  { readFile }: CompileParts,
): Promise<string | undefined> {
  const file = keys.kind === 'jwksFile' ? keys.file : keys.kind === 'certificate' ? keys.certificateFile : undefined
  if (file === undefined) return undefined
  const content = await readFile(file).catch(() => '')
  return createHash('sha256').update(content).digest('hex')
}

/** Borrows connection pools: one for each origin and set of timeouts. */
export function borrowPool(page: LedgerPage): (settings: PoolSettings) => UpstreamPool {
  return settings => page.borrow(poolKey(settings), () => createUpstreamPool(settings))
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
