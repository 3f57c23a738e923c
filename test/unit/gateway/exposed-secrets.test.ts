import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { refuseExposedSecrets } from '../../../src/gateway/exposed-secrets.ts'
import type { LoadResult } from '../../../src/settings/load.ts'
import type { PortsSettings } from '../../../src/settings/model.ts'
import { sampleSettings } from '../../support/sample-settings.ts'

const PUBLISHED: Problem = { code: 'config.published_secret', severity: 'warning', message: 'known to everybody' }
const OTHER: Problem = { code: 'config.not_built', severity: 'warning', message: 'not built' }
const LOOPBACK = { host: '127.0.0.1', port: 1 }

function loaded(ports: Partial<PortsSettings>, problems: readonly Problem[] = [PUBLISHED, OTHER]): LoadResult {
  return {
    settings: sampleSettings({ ports: { http: LOOPBACK, https: undefined, admin: LOOPBACK, ...ports } }),
    problems,
    sources: new Map(),
    watched: [],
    locate: () => [],
  }
}

test('behind loopback a published secret stays a warning', () => {
  for (const host of ['127.0.0.1', '::1', 'localhost']) {
    const given = loaded({ http: { host, port: 1 } })
    assert.equal(refuseExposedSecrets(given), given, host)
  }
})

test('on an address that others reach it is refused, by whichever listener', () => {
  for (const host of [undefined, '0.0.0.0', '192.0.2.1']) {
    for (const name of ['http', 'https', 'admin']) {
      const refused = refuseExposedSecrets(loaded({ [name]: { host, port: 1 } }))
      assert.equal(refused.settings, undefined, `${name} ${host}`)
      assert.deepEqual(
        refused.problems.map(({ code, severity }) => [code, severity]),
        [
          ['config.published_secret', 'error'],
          ['config.not_built', 'warning'],
        ],
      )
    }
  }
})

test('without a published secret nothing is refused, and what did not load stays as it is', () => {
  const open = loaded({ http: { host: undefined, port: 1 } }, [OTHER])
  assert.equal(refuseExposedSecrets(open), open)
  const broken = { ...open, settings: undefined }
  assert.equal(refuseExposedSecrets(broken), broken)
})
