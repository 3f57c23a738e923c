import { openAdminToken } from '../admin/admin-token.ts'
import type { Finding } from '../diagnostics/problem.ts'
import type { Settings } from '../settings/model.ts'
import type { Store } from '../state/store.ts'

/** How operators get into the admin pages. */
export interface AdminAccess {
  /** Kept under `state_dir`; undefined where `admin_api` has credentials, or where it cannot be kept. */
  readonly token: string | undefined
  /** A warning where nobody gets in. */
  readonly findings: readonly Finding[]
}

/** Opens the admin token, made on first use, where settings have no credentials for the admin pages. */
export async function openAdminAccess({ adminApi }: Settings, store: Store): Promise<AdminAccess> {
  if (adminApi.credentials !== undefined) return { token: undefined, findings: [] }
  const opened = await openAdminToken(store)
  if (opened.ok) return { token: opened.value, findings: [] }
  const finding: Finding = {
    code: 'config.unusable',
    severity: 'warning',
    message: `the admin token cannot be kept, so nobody gets into the admin pages: ${opened.error.message}`,
    pointer: '/state_dir',
    help: 'make `state_dir` writable, or set `admin_api.user` and `admin_api.password`',
  }
  return { token: undefined, findings: [finding] }
}
