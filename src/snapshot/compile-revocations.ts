import type { Settings } from '../settings/model.ts'
import type { RevocationListSettings } from '../settings/revocation-settings.ts'
import { PolledRevocations, type PolledRevocationsStatus } from '../tokens/polled-revocations.ts'
import { RevocationIndex } from '../tokens/revocation-index.ts'
import { joinRevocations, type RevocationList } from '../tokens/revocations.ts'
import type { CompileParts } from './compile.ts'
import type { LedgerPage } from './ledger.ts'

/** Everything that is revoked while a snapshot is in force: by its settings, by the list they name, by operators. */
export interface SnapshotRevocations extends RevocationList {
  /** Entries of the settings. */
  readonly inSettings: number
  /** Undefined where the settings name no list. */
  readonly polled?: (() => PolledRevocationsStatus) | undefined
}

/** Makes the deny list of a snapshot. Waits for the first fetch of a list, at most for its timeout: what it says must count from the first request. */
export async function compileRevocations(
  { revocations, revocationList }: Pick<Settings, 'revocations' | 'revocationList'>,
  issuers: ReadonlyMap<string, string>,
  page: LedgerPage,
  parts: CompileParts,
): Promise<SnapshotRevocations> {
  const lists: RevocationList[] = [parts.keptRevocations]
  if (revocations.length > 0) {
    const index = new RevocationIndex(parts.clock)
    for (const { authServer, tokens, untilMs } of revocations) {
      const issuer = issuers.get(authServer)
      if (issuer !== undefined) index.add(issuer, tokens, untilMs)
    }
    lists.push({ isRevoked: (issuer, claims) => index.isRevoked(issuer, claims), isKnown: true, generation: 0 })
  }
  const polled = revocationList === undefined ? undefined : borrowList(revocationList, page, parts)
  if (polled !== undefined && revocationList !== undefined) {
    lists.push(polled.bind(issuers))
    await settle(polled, revocationList.timeoutMs, parts)
  }
  const joined = joinRevocations(lists)
  return {
    isRevoked: joined.isRevoked,
    get isKnown() {
      return joined.isKnown
    },
    get generation() {
      return joined.generation
    },
    inSettings: revocations.length,
    polled: polled === undefined ? undefined : () => polled.status(),
  }
}

function borrowList(settings: RevocationListSettings, page: LedgerPage, parts: CompileParts): PolledRevocations {
  const { pointer: _, ...rest } = settings
  return page.borrow(
    `revocation list ${JSON.stringify(rest)}`,
    () => new PolledRevocations(settings, { ...parts, mayKeep: parts.mayGenerateKeys, random: Math.random }),
  )
}

async function settle(polled: PolledRevocations, timeoutMs: number, { schedule }: CompileParts): Promise<void> {
  const late = Promise.withResolvers<void>()
  const cancel = schedule(timeoutMs, late.resolve)
  await Promise.race([polled.settled(), late.promise])
  cancel()
}
