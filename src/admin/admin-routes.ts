/**
 * What operators may ask a running gateway. Pages read; what changes something is a POST or a DELETE. Nothing is reachable through an API
 * path: the admin listener alone serves these routes. Only `/health/*` is open, and `/metrics` where the operator said so.
 * Called by `gateway.ts`, which makes the view.
 */
import type { Clock } from '../clock/clock.ts'
import type { Schedule } from '../clock/schedule.ts'
import { createSlowedJudge } from '../credentials/slowed-judge.ts'
import type { Target } from '../exchange/exchange.ts'
import type { Policy } from '../policies/policy.ts'
import type { AdminApiSettings } from '../settings/model.ts'
import { createAdminAuth } from './admin-auth.ts'
import type { AdminView } from './admin-view.ts'
import { createAssetsTarget } from './assets.ts'
import { createLiveTarget, createReadyTarget } from './health.ts'
import { createKeysRefreshTarget, createKeysTarget, type RefreshKeys } from './keys-page.ts'
import { createMetricsTarget } from './metrics-page.ts'
import {
  createRestoreTarget,
  createRevocationsTarget,
  createRevokeTarget,
  type RevocationActions,
} from './revocations-page.ts'
import { createSettingsTarget } from './settings-page.ts'
import { createStatusTarget } from './status.ts'

/** One admin page. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly target: Target
  readonly policies: readonly Policy[]
  readonly schemes: readonly ('Basic' | 'Bearer')[]
}

export interface AdminParts {
  readonly view: AdminView
  readonly clock: Clock
  /** Holds back the answers to those who fail again and again. */
  readonly schedule: Schedule
  /** Token under `state_dir`; undefined where it could not be made. */
  readonly token: string | undefined
  /** Renders all metrics as text. */
  readonly metrics: () => string
  readonly refreshKeys: RefreshKeys
  /** The entries of the deny list that operators may change. */
  readonly revocations: RevocationActions
}

/** Lists the admin pages of a setting (product.md section 7); a reload that changes `admin_api` lists them anew. */
export function listAdminRoutes(settings: AdminApiSettings, parts: AdminParts): readonly AdminRoute[] {
  const { policy, schemes } = createAdminAuth(settings.credentials, parts.token, createSlowedJudge(parts))
  const open = (path: string, target: Target): AdminRoute => ({
    method: 'GET',
    path,
    target,
    policies: [],
    schemes: [],
  })
  const closed = (path: string, target: Target, method: AdminRoute['method'] = 'GET'): AdminRoute => ({
    method,
    path,
    target,
    policies: [policy],
    schemes,
  })
  const metrics = createMetricsTarget(parts.metrics)
  const prefix = settings.path
  return [
    open('/health/live', createLiveTarget()),
    open('/health/ready', createReadyTarget(parts.view)),
    closed(`${prefix}/status`, createStatusTarget(parts.view, parts.clock)),
    closed(`${prefix}/settings`, createSettingsTarget(parts.view)),
    closed(`${prefix}/assets`, createAssetsTarget(parts.view)),
    closed(`${prefix}/keys`, createKeysTarget(parts.view)),
    closed(`${prefix}/keys/refresh`, createKeysRefreshTarget(parts.view, parts.refreshKeys), 'POST'),
    closed(`${prefix}/revocations`, createRevocationsTarget(parts.view, parts.revocations)),
    closed(`${prefix}/revocations`, createRevokeTarget(parts.view, parts.revocations), 'POST'),
    closed(`${prefix}/revocations`, createRestoreTarget(parts.revocations), 'DELETE'),
    closed(`${prefix}/metrics`, metrics),
    settings.openMetrics ? open('/metrics', metrics) : closed('/metrics', metrics),
  ]
}
