/** What tests of reloads wait for and look at. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Gateway } from '../../src/gateway/gateway.ts'
import type { ReloadStatus } from '../../src/reload/reload-status.ts'
import { type Answer, send } from './call.ts'
import type { TestGateway } from './gateway.ts'

const DEADLINE_MS = 10_000

/** Resolves with the end of the next reload that is wanted: by default, that changed or refused something. */
export function nextReload(
  gateway: Gateway,
  isWanted: (status: ReloadStatus) => boolean = ({ result }) => result !== 'unchanged',
): Promise<ReloadStatus> {
  const { promise, resolve, reject } = Promise.withResolvers<ReloadStatus>()
  const timer = setTimeout(() => reject(new Error('no reload in time')), DEADLINE_MS)
  const stop = gateway.onReload(status => {
    if (isWanted(status)) resolve(status)
  })
  return promise.finally(() => {
    clearTimeout(timer)
    stop()
  })
}

/** Gets an admin page with the token under `state_dir`. */
export function readAdminPage({ adminUrl, folder }: TestGateway, path: string): Promise<Answer> {
  const token = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
  return send(adminUrl, { path, token })
}

/** The status page. */
export async function readStatus(gateway: TestGateway): Promise<Record<string, Record<string, unknown>>> {
  const answer = await readAdminPage(gateway, '/rest/microgateway/status')
  return answer.json() as Record<string, Record<string, unknown>>
}

/** Value of a metric: the first line that begins so. */
export async function readMetric(gateway: TestGateway, start: string): Promise<number | undefined> {
  const { body } = await readAdminPage(gateway, '/metrics')
  const line = body.split('\n').find(text => text.startsWith(start))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
}

/** A port of the loopback interface that nobody uses at this moment. */
export function findFreePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
