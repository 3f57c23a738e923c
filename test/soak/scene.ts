/** A gateway in a process of its own, loaded from here: its settings have a number, and every answer tells it. */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Cleanup, type GatewayProcess, makeFolder, startGatewayProcess } from '../support/command.ts'
import { startKeyServer } from '../support/key-server.ts'
import { type Load, type LoadCall, startLoad } from '../support/steady-load.ts'
import { startUpstream } from '../support/upstream.ts'

export interface SoakScene {
  readonly gateway: GatewayProcess
  readonly folder: string
  readonly file: string
  readonly load: Load
  /** Settings with a number, as YAML. */
  settings(revision: number): string
  /** Writes settings: in place for even numbers, renamed over for odd ones. */
  write(revision: number): void
  /** The newest number that an answer told so far. */
  newest(): number
  /** Resolves when an answer told this number or a newer one, with the milliseconds that took; undefined at the deadline. */
  inForce(revision: number, deadlineMs?: number): Promise<number | undefined>
}

export interface SoakPlan {
  readonly callers?: number
  readonly pauseMs?: number
  /** Top-level settings beside those of the scene. */
  readonly more?: string
}

/** Starts servers, gateway and load. Everything ends with `cleanup`. */
export async function openSoakScene(cleanup: Cleanup, plan: SoakPlan = {}): Promise<SoakScene> {
  const upstream = await startUpstream(
    (request, response) => {
      const isSlow = request.url?.endsWith('/slow') === true
      request.resume()
      request.on('end', () => setTimeout(() => response.end(request.url), isSlow ? 200 : 0))
    },
    { keepBytes: false },
  )
  cleanup.after(() => upstream.close())
  const keys = await startKeyServer()
  cleanup.after(() => keys.close())
  const settings = (revision: number): string => `
name: revision-${revision}
logging: { access_log: off }
${plan.more ?? ''}
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${keys.issuer}", jwksuri: "${keys.jwksUri}", audience: orders } }
applications:
  - { id: even-or-odd, name: even-or-odd, apis: [ keyed ], identifiers: { api_keys: [ "key-${revision % 2}" ] } }
apis:
  - { name: orders, upstream: "${upstream.origin}/revision-${revision}", policies: [ jwt: idp ] }
  - name: keyed
    upstream: "${upstream.origin}/revision-${revision}"
    policies: [ identify_and_authorize: { rules: [ { api_key: {} } ] } ]
`
  const folder = makeFolder(cleanup, { 'microgateway.yml': settings(0) })
  const file = join(folder, 'microgateway.yml')
  const gateway = await startGatewayProcess(cleanup, { cwd: folder })

  let newest = 0
  const token = await keys.sign({ aud: 'orders', exp: Math.floor(Date.now() / 1000) + 7200 })
  const expired = await keys.sign({ aud: 'orders', exp: Math.floor(Date.now() / 1000) - 7200 })
  const calls = listCalls(token, expired, revision => {
    newest = Math.max(newest, revision)
  })
  const { callers = 8, pauseMs = 4 } = plan
  const load = startLoad({ origin: gateway.url, calls, callers, pauseMs })
  cleanup.after(async () => {
    load.mayEnd()
    await load.stop()
  })
  return {
    gateway,
    folder,
    file,
    load,
    settings,
    newest: () => newest,
    write(revision) {
      if (revision % 2 === 0) writeFileSync(file, settings(revision))
      else {
        writeFileSync(`${file}.new`, settings(revision))
        renameSync(`${file}.new`, file)
      }
    },
    async inForce(revision, deadlineMs = 5000) {
      const begun = performance.now()
      while (newest < revision) {
        if (performance.now() - begun > deadlineMs) return undefined
        await new Promise(resolve => setTimeout(resolve, 1))
      }
      return performance.now() - begun
    },
  }
}

/** Calls that must pass, calls that must not, and one that may pass in every second revision only. */
function listCalls(token: string, expired: string, onRevision: (revision: number) => void): readonly LoadCall[] {
  const readRevision = (body: string): number | undefined => {
    const revision = /^\/revision-(\d+)\//.exec(body)?.[1]
    if (revision === undefined) return undefined
    onRevision(Number(revision))
    return Number(revision)
  }
  const mustPass = (status: number, body: string): string | undefined =>
    status === 200 && readRevision(body) !== undefined ? undefined : `${status} ${body}`
  const mustFail =
    (expected: number) =>
    (status: number, body: string): string | undefined =>
      status === expected ? undefined : `${status} ${body}`
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` })
  const tampered = `${token.slice(0, -4)}AAAA`
  return [
    { path: '/orders/1', headers: bearer(token), judge: mustPass },
    { path: '/orders/2', headers: bearer(token), body: 'a body', judge: mustPass },
    { path: '/orders/3', judge: mustFail(401) },
    { path: '/orders/4', headers: bearer(token), judge: mustPass },
    { path: '/orders/5', headers: bearer(expired), judge: mustFail(401) },
    { path: '/orders/6', headers: bearer(tampered), judge: mustFail(401) },
    { path: '/nowhere', headers: bearer(token), judge: mustFail(404) },
    { path: '/orders/slow', headers: bearer(token), judge: mustPass },
    ...[0, 1].map(parity => ({
      path: '/keyed/1',
      headers: { 'x-gateway-apikey': `key-${parity}` },
      judge(status: number, body: string): string | undefined {
        if (status === 401) return undefined
        const revision = status === 200 ? readRevision(body) : undefined
        return revision !== undefined && revision % 2 === parity ? undefined : `key-${parity}: ${status} ${body}`
      },
    })),
  ]
}
