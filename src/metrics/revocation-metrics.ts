import type { Exposition } from './exposition-text.ts'

/** How much is revoked. */
export interface RevocationGauges {
  readonly inSettings: number
  readonly kept: number
  /** The list that is fetched; undefined where there is none. */
  readonly list:
    | {
        readonly entries: number
        readonly isKnown: boolean
        readonly lastSuccessMs: number | undefined
        readonly failures: number
      }
    | undefined
}

/** Writes how much is revoked. */
export function writeRevocations(text: Exposition, { inSettings, kept, list }: RevocationGauges): void {
  text.family('microgateway_revocations', 'gauge', 'Entries of the deny lists')
  text.sample({ source: 'settings' }, inSettings)
  text.sample({ source: 'admin' }, kept)
  if (list === undefined) return
  text.sample({ source: 'list' }, list.entries)
  text
    .family(
      'microgateway_revocation_list_known',
      'gauge',
      'Whether the list was had at least once: without it no token passes',
    )
    .sample({}, list.isKnown ? 1 : 0)
  text
    .family('microgateway_revocation_list_fetch_failures_total', 'counter', 'Fetches of the list that failed')
    .sample({}, list.failures)
  if (list.lastSuccessMs !== undefined)
    text
      .family('microgateway_revocation_list_last_success_timestamp_seconds', 'gauge', 'When the list was last fetched')
      .sample({}, list.lastSuccessMs / 1000)
}
