/** A whole gateway between a real key server and a real upstream, and what a test says about its calls. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { ErrorCode } from '../../src/errors/catalogue.ts'
import { entryOf, publicCodeOf } from '../../src/errors/catalogue.ts'
import { type Answer, type Call, send } from './call.ts'
import type { Cleanup } from './command.ts'
import { type LogLine, openGateway, type TestGateway, type TestGatewayPlan } from './gateway.ts'
import { type KeyServer, type KeyServerMode, startKeyServer } from './key-server.ts'
import type { AsymmetricName } from './test-key.ts'
import { type Behaviour, type SeenRequest, startUpstream, type TestUpstream } from './upstream.ts'

/** Where the servers of a scene are, for its settings. */
export interface Places {
  readonly upstream: string
  readonly jwksUri: string
  readonly issuer: string
}

export interface ScenePlan extends Omit<TestGatewayPlan, 'settings'> {
  /** Makes the settings, as YAML. */
  readonly settings: (places: Places) => string
  /** `ok` by default. */
  readonly upstream?: Behaviour | TestUpstream
  /** Keys of the issuer, one each; `['ES256']` by default, the quickest to make. */
  readonly algorithms?: readonly AsymmetricName[]
  /** How the key server answers from the start; `ok` by default. */
  readonly keyServer?: KeyServerMode
}

/** What a refusal must look like. */
export interface Refusal {
  /** The fine code, as the log has it. Status and public code are the catalogue's. */
  readonly code: ErrorCode
  /** Exact lines of `WWW-Authenticate`, or the error code of the one Bearer challenge. None by default. */
  readonly challenge?: readonly string[] | BearerError
  /** Members of `microgateway.facts` in the log. */
  readonly facts?: Readonly<Record<string, unknown>>
  /** Name of the API in the challenge; `orders` by default. */
  readonly realm?: string
  /** `allow` where the refusal is the target's own lack; `deny` by default. */
  readonly decision?: 'allow'
}

export type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope'

/** One line of a table of refusals. */
export interface RefusedCall extends Refusal {
  /** The rest of the sentence that the test proves. */
  readonly name: string
  readonly call: Call
}

/** An answer that came from the upstream, and what the upstream and the log saw of it. */
export interface Passed {
  readonly answer: Answer
  readonly seen: SeenRequest
  readonly record: LogLine
}

export interface Scene {
  readonly gateway: TestGateway
  readonly upstream: TestUpstream
  readonly keys: KeyServer
  /** Makes a call, whatever comes of it. */
  call(call?: Call): Promise<Answer>
  /** Makes a call that must be refused exactly so, without a byte to the upstream. */
  refuse(call: Call, refusal: Refusal): Promise<Answer>
  /** Makes each call of a table in a subtest. */
  refuseAll(t: TestContext, table: readonly RefusedCall[]): Promise<void>
  /** Makes a call that must reach the upstream once and come back as 2xx. */
  pass(call?: Call): Promise<Passed>
}

/** Starts the servers and the gateway; all of them end with the test. */
export async function openScene(t: Cleanup, plan: ScenePlan): Promise<Scene> {
  const given = plan.upstream
  const upstream = isUpstream(given) ? given : await startUpstream(given ?? 'ok')
  t.after(() => upstream.close())
  const keys = await startKeyServer({ algorithms: plan.algorithms ?? ['ES256'] })
  t.after(() => keys.close())
  keys.mode = plan.keyServer ?? 'ok'
  const places = { upstream: upstream.origin, jwksUri: keys.jwksUri, issuer: keys.issuer }
  const gateway = await openGateway(t, { ...plan, settings: plan.settings(places) })

  const scene: Scene = {
    gateway,
    upstream,
    keys,
    call: call => send(gateway.url, call),
    refuse: (call, refusal) => refuseAt(gateway.url, scene, call, refusal),
    async refuseAll(parent, table) {
      for (const { name, call, ...refusal } of table) {
        await parent.test(name, async () => {
          await scene.refuse(call, refusal)
        })
      }
    },
    async pass(call) {
      const before = upstream.requests.length
      const answer = await send(gateway.url, call)
      assert.ok(answer.status >= 200 && answer.status < 300, `${answer.status} ${answer.body}`)
      assert.equal(upstream.requests.length, before + 1, 'the upstream saw the request once')
      const record = await gateway.recordOf(answer.field('x-request-id') ?? null)
      assert.equal(record['microgateway.decision'], 'allow')
      return { answer, seen: upstream.requests.at(-1) as SeenRequest, record }
    },
  }
  return scene
}

/** Makes a call to an origin of a scene's gateway that must be refused, and checks everything that a refusal promises. */
export async function refuseAt(
  origin: string,
  { gateway, upstream }: Pick<Scene, 'gateway' | 'upstream'>,
  call: Call,
  refusal: Refusal,
): Promise<Answer> {
  const before = { connections: upstream.connections(), bytes: upstream.raw().length }
  const answer = await send(origin, call)
  await judgeRefusal(answer, refusal, gateway)
  const after = { connections: upstream.connections(), bytes: upstream.raw().length }
  assert.deepEqual(after, before, 'the upstream saw nothing of it')
  return answer
}

/** Checks status, public code, challenge and log record of a refusal in the format `problem`. */
export async function judgeRefusal(
  answer: Answer,
  { code, challenge = [], facts, realm = 'orders', decision }: Refusal,
  gateway: Pick<TestGateway, 'recordOf'>,
): Promise<void> {
  const { status } = entryOf(code)
  assert.equal(answer.status, status, answer.body)
  assert.equal(answer.field('content-type'), 'application/problem+json')
  assert.equal(answer.field('cache-control'), 'no-store')
  const problem = answer.json()
  assert.equal(problem['code'], publicCodeOf(code))
  assert.equal(problem['status'], status)
  const requestId = answer.field('x-request-id')
  assert.equal(problem['instance'], `urn:uuid:${requestId}`)
  judgeChallenge(answer, challenge, realm)
  const record = await gateway.recordOf(requestId ?? null)
  assert.equal(record['error.type'], code)
  assert.equal(record['http.response.status_code'], status)
  assert.equal(record['microgateway.decision'], decision ?? 'deny')
  if (facts !== undefined) assert.partialDeepStrictEqual(record['microgateway.facts'], facts)
}

/** The field lines of a request that the upstream saw, by lower-case name, without those of HTTP itself. */
export function fieldsOf(seen: SeenRequest): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let i = 0; i < seen.lines.length; i += 2) {
    const name = (seen.lines[i] ?? '').toLowerCase()
    const value = seen.lines[i + 1] ?? ''
    fields[name] = fields[name] === undefined ? value : `${fields[name]} | ${value}`
  }
  return fields
}

function judgeChallenge(answer: Answer, challenge: readonly string[] | BearerError, realm: string): void {
  const lines = answer.fields.get('www-authenticate') ?? []
  if (typeof challenge !== 'string') {
    assert.deepEqual(lines, challenge)
    if (answer.status === 401) assert.notEqual(lines.length, 0, 'a 401 is never without a challenge')
    return
  }
  assert.equal(lines.length, 1)
  const start = `Bearer realm="${realm}", error="${challenge}", error_description="`
  assert.ok(lines[0]?.startsWith(start), lines[0] ?? 'no challenge')
}

function isUpstream(given: ScenePlan['upstream']): given is TestUpstream {
  return typeof given === 'object'
}
