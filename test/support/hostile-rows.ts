/**
 * Tables of hostile bytes: each row is sent over a connection of its own to a whole gateway, with a valid token, so that what
 * refuses it is not a missing one. Then: the answer, the state of the connection, and exactly what the upstream saw.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ErrorCode } from '../../src/errors/catalogue.ts'
import { entryOf, publicCodeOf } from '../../src/errors/catalogue.ts'
import { codeOf } from './front-door.ts'
import { openRawSocket, parseAnswers, type RawAnswer, type RawSocket } from './raw-socket.ts'
import { openScene, type Places, type Scene, type ScenePlan } from './scene.ts'
import type { SeenRequest } from './upstream.ts'

export interface HostileRow {
  /** The rule or advisory, then what is sent. */
  readonly name: string
  /** `{token}` stands for a valid token, the row's own: by it the upstream's requests are told apart. One character, one byte. */
  readonly bytes: string
  /** Code of the refusal, status of an answer of the upstream, or no answer at all. */
  readonly answer: ErrorCode | number | 'none'
  /** `kept`: a good request behind it is answered. `closed`: one in the same packet is neither answered nor forwarded. */
  readonly connection: 'kept' | 'closed'
  /** What the upstream saw of it: method and target, one request each. Nothing by default. */
  readonly upstream?: readonly string[]
  /** Looks closer at the answer and the first request that the upstream saw. */
  readonly check?: (seen: SeenRequest, answer: RawAnswer) => void
}

/** The limits of these gateways: small, so that rows are. */
export const SMALL_LIMITS = `
limits:
  max_header_bytes: 4KiB
  max_header_count: 32
  max_target_bytes: 1KiB
  max_body_bytes: 100KiB
`
/** `max_header_bytes`, `max_header_count` and `max_target_bytes` of these gateways. */
export const MAX_HEADER_BYTES = 4_096
export const MAX_HEADER_COUNT = 32
export const MAX_TARGET_BYTES = 1_024
export const MAX_BODY_BYTES = 100 * 1_024

const SETTINGS = ({ upstream, jwksUri, issuer }: Places): string => `${SMALL_LIMITS}
security_settings:
  auth_servers:
    - { name: idp, localIntrospectionConfig: { issuer: "${issuer}", jwksuri: "${jwksUri}" } }
apis:
  - { name: orders, upstream: "${upstream}", policies: [ jwt: idp ] }
  - { name: free, upstream: "${upstream}", open: true }
  - { name: hosted, base_path: /hosted, hosts: [ h.example.com ], upstream: "${upstream}", policies: [ jwt: idp ] }
`

export const AUTHORIZATION = 'Authorization: Bearer {token}\r\n'
const HEAD = `Host: api.test\r\n${AUTHORIZATION}`
/** A request that is right, for behind a row. */
export const GOOD = `GET /orders/good HTTP/1.1\r\n${HEAD}\r\n`

/** A GET of `/orders/a` with further lines. */
export function get(lines = '', target = '/orders/a'): string {
  return `GET ${target} HTTP/1.1\r\n${HEAD}${lines}\r\n`
}

/** A POST to `/orders/a` with further lines and what follows its head. */
export function post(lines: string, body = ''): string {
  return `POST /orders/a HTTP/1.1\r\n${HEAD}${lines}\r\n${body}`
}

/** Any first line, with Host, token, further lines and what follows the head. */
export function begin(first: string, lines = '', rest = ''): string {
  return `${first}\r\n${HEAD}${lines}\r\n${rest}`
}

/** A row that is refused, and whose connection ends with the answer. */
export function refuse(name: string, bytes: string, answer: ErrorCode): HostileRow {
  return { name, bytes, answer, connection: 'closed' }
}

/** A row that is refused, and whose connection goes on: where the request ends is in no doubt. */
export function refuseOne(name: string, bytes: string, answer: ErrorCode): HostileRow {
  return { name, bytes, answer, connection: 'kept' }
}

/** A row that passes; the upstream sees one request. */
export function pass(
  name: string,
  bytes: string,
  upstream: string,
  check?: NonNullable<HostileRow['check']>,
  connection: HostileRow['connection'] = 'kept',
): HostileRow {
  return { name, bytes, answer: 200, connection, upstream: [upstream], ...(check && { check }) }
}

/** A gateway that rows are sent to, and the token that they carry. */
export interface Hostile {
  readonly scene: Scene
  readonly port: number
  /** Puts a token in. */
  fill(bytes: string): string
  /** Makes a valid token that no other row has. */
  sign(): Promise<string>
  open(): Promise<RawSocket>
}

/** Opens a gateway for rows; it ends with the test. */
export async function openHostile(t: TestContext, plan: Partial<ScenePlan> = {}): Promise<Hostile> {
  const scene = await openScene(t, { settings: SETTINGS, ...plan })
  const token = await scene.keys.sign()
  const port = Number(new URL(scene.gateway.url).port)
  let rows = 0
  return {
    scene,
    sign: () => scene.keys.sign({ row: ++rows }),
    port,
    fill: bytes => bytes.replaceAll('{token}', token),
    open: () => openRawSocket({ port }),
  }
}

/** Rows under way at a time. */
const LANES = 12

/** Runs a table as one test with a row in each subtest, and looks at the end whether anything came upstream late. */
export function testRows(name: string, rows: readonly HostileRow[], plan: Partial<ScenePlan> = {}): void {
  test(name, { concurrency: LANES }, async t => {
    const hostile = await openHostile(t, plan)
    await Promise.all(
      rows.map(row => t.test(`${row.name}: ${statusOf(row)}, ${row.connection}`, () => runRow(hostile, row))),
    )
    const expected = rows.reduce(
      (sum, row) => sum + (row.upstream?.length ?? 0) + (row.connection === 'kept' ? 1 : 0),
      0,
    )
    assert.equal(hostile.scene.upstream.requests.length, expected, 'nothing came to the upstream late')
    const defects = hostile.scene.gateway.log.filter(({ level }) => level === 'error' || level === 'fatal')
    assert.deepEqual(defects, [])
  })
}

/** Sends one row and judges what came of it. */
export async function runRow(hostile: Hostile, row: HostileRow): Promise<void> {
  const { upstream } = hostile.scene
  const token = await hostile.sign()
  const socket = await hostile.open()
  try {
    const good = GOOD.replaceAll('{token}', token)
    const bytes = row.bytes.replaceAll('{token}', token)
    let answer: RawAnswer | undefined
    if (row.connection === 'closed') {
      socket.send(bytes + good)
      const answers = parseAnswers(await socket.closed())
      answer = answers[0]
      assert.ok(answers.length <= 1, 'nothing is answered behind it')
      if (answer !== undefined) assert.deepEqual(answer.fields.get('connection'), ['close'])
    } else {
      socket.send(bytes)
      answer = parseAnswers(await socket.until(text => parseAnswers(text).length > 0))[0]
      socket.send(good)
      const answers = parseAnswers(await socket.until(text => parseAnswers(text).length > 1))
      assert.equal(answers[1]?.body, 'ok', 'the request behind it is answered')
      assert.equal(answers.length, 2)
    }
    judgeAnswer(row, answer)
    const seen = upstream.requests.filter(({ lines }) => lines.some(value => value.endsWith(token)))
    const targets = seen.map(({ method, url }) => `${method} ${url}`)
    const expected = [...(row.upstream ?? []), ...(row.connection === 'kept' ? ['GET /orders/good'] : [])]
    assert.deepEqual(targets, expected, 'what the upstream saw')
    if (row.check !== undefined) row.check(seen[0] as SeenRequest, answer as RawAnswer)
  } finally {
    socket.destroy()
  }
}

function judgeAnswer({ answer: wanted }: HostileRow, answer: RawAnswer | undefined): void {
  if (wanted === 'none') {
    assert.equal(answer, undefined)
    return
  }
  assert.ok(answer !== undefined, 'there is an answer')
  if (typeof wanted === 'number') {
    assert.equal(answer.status, wanted, answer.body)
    return
  }
  const { status } = entryOf(wanted)
  assert.deepEqual([answer.status, codeOf(answer.body)], [status, publicCodeOf(wanted)])
  assert.equal(answer.fields.get('cache-control')?.[0], 'no-store')
  assert.ok(!answer.body.includes('Bearer'), 'nothing of the request is in the answer')
  if (status === 405) assert.notEqual(answer.fields.get('allow')?.[0] ?? '', '')
}

function statusOf({ answer }: HostileRow): string {
  if (answer === 'none') return 'no answer'
  return typeof answer === 'number' ? String(answer) : `${entryOf(answer).status} ${answer}`
}

/** Values of all lines of one name that the upstream saw. */
export function valuesOf(seen: SeenRequest, name: string): readonly string[] {
  return seen.lines.flatMap((line, i) =>
    i % 2 === 0 && line.toLowerCase() === name ? [seen.lines[i + 1] as string] : [],
  )
}
