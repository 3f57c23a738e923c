/** HTTP/2 frames against a gateway: right requests are answered, the upstream sees only what it may, and the next connection is served. */
import { statusOf, TYPE } from '../support/h2-frames.ts'
import { openFuzzGateway } from './fuzz-gateway.ts'
import type { FuzzCase, FuzzTarget } from './fuzz-target.ts'
import { type GeneratedFrames, generateFrames } from './generate-frames.ts'
import { exchangeRaw } from './raw-exchange.ts'
import { openStrictUpstream } from './strict-upstream.ts'

export interface FrameCase extends FuzzCase, Omit<GeneratedFrames, 'bytes'> {}

const DEADLINE_MS = 8_000

/** Starts the gateway, which takes HTTP/2 in cleartext, and its upstream. */
export async function openFramesTarget(): Promise<FuzzTarget<FrameCase>> {
  const upstream = await openStrictUpstream()
  const gateway = await openFuzzGateway(upstream.origin, 'http2: { cleartext: true }')
  upstream.token = gateway.token
  const { port } = gateway
  let most = 0
  let seen = 0
  const ask = async ({ input, passing }: FrameCase): Promise<string | undefined> => {
    const isAnswered = (received: string): boolean => readStatuses(received).size >= (passing?.length ?? 0)
    const { received, isOverdue } = await exchangeRaw({
      port,
      parts: [input],
      deadlineMs: DEADLINE_MS,
      end: { isAnswered, leaves: true },
    })
    if (isOverdue) return 'neither answered nor closed in time'
    const statuses = readStatuses(received)
    if ([...statuses.values()].includes(500)) return 'answered with 500'
    const missed = passing?.find(stream => statuses.get(stream) !== 200)
    return missed === undefined ? undefined : `stream ${missed} must pass and got ${statuses.get(missed)}`
  }
  return {
    name: 'frames',
    batch: 64,
    generate(random) {
      const { bytes, ...rest } = generateFrames(random, gateway)
      return { input: bytes, ...rest }
    },
    async judge(cases) {
      const complaints = await Promise.all(cases.map(ask))
      for (const each of cases) most += each.most
      seen += upstream.takeRequests().length
      const tooMany = seen > most ? `the upstream saw ${seen} requests of at most ${most}` : undefined
      const found = [...complaints, upstream.takeComplaint(), tooMany, gateway.takeComplaint()]
      return found.find(complaint => complaint !== undefined)
    },
    withInput: (input, { most }) => ({ input, passing: undefined, most }),
    async close() {
      const complaint = await gateway.close()
      await upstream.close()
      return complaint
    },
  }
}

/** The statuses of all streams, from everything that came. */
function readStatuses(received: string): ReadonlyMap<number, number | undefined> {
  const statuses = new Map<number, number | undefined>()
  const bytes = Buffer.from(received, 'latin1')
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3)
    const payload = bytes.subarray(at + 9, at + 9 + length)
    const stream = bytes.readUInt32BE(at + 5)
    if (bytes[at + 3] === TYPE.headers && payload.length === length && !statuses.has(stream))
      statuses.set(stream, statusOf(payload))
    at += 9 + length
  }
  return statuses
}
