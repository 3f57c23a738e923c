import { readFile } from 'node:fs/promises'
import type { Finding } from '../diagnostics/problem.ts'
import type { Result } from '../errors/denial.ts'
import { openStores, type Stores } from '../keys/stores.ts'
import type { Settings } from '../settings/model.ts'

/** Opens the key and trust stores of some settings, as a start would. */
export function openSettingsStores(
  settings: Pick<Settings, 'keystores' | 'truststores'>,
): Promise<Result<Stores, readonly Finding[]>> {
  return openStores(settings, { readBytes: path => readFile(path) })
}
