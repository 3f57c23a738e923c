/** HTTP/2 connections frame by frame: right ones, ones with a frame that breaks a rule, and ones broken as octets. */
import {
  CODE,
  continuation,
  data,
  type FieldList,
  FLAG,
  frame,
  goaway,
  headers,
  hpack,
  hpackIndexed,
  PLAIN_SETTINGS,
  PREFACE,
  ping,
  priority,
  reset,
  SETTING,
  settings,
  settingsAck,
  windowUpdate,
} from '../support/h2-frames.ts'
import type { RequestMaterial } from './generate-request.ts'
import { generateRefusedTarget, generateSoundTarget, generateWildTarget } from './generate-target.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

export interface GeneratedFrames {
  /** One character, one byte. */
  readonly bytes: string
  /** Streams that must be answered with 200, where everything is right; undefined where it is not. */
  readonly passing: readonly number[] | undefined
  /** Requests that there can be at most. */
  readonly most: number
}

const SOUND_FIELDS: FieldList = [
  ['accept', '*/*'],
  ['x-a', '1'],
  ['te', 'trailers'],
  ['cookie', 'a=b'],
  ['cookie', 'c=d'],
  ['x-jwt-assertion', 'a.b.c'],
  ['x-forwarded-for', '1.2.3.4'],
]
const WILD_FIELDS: FieldList = [
  ['connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['keep-alive', 'x'],
  ['upgrade', 'websocket'],
  ['proxy-connection', 'x'],
  ['te', 'gzip'],
  ['host', 'other'],
  ['host', 'api'],
  ['content-length', '5'],
  ['content-length', '+5'],
  ['X-Upper', 'a'],
  ['', 'empty'],
  ['x y', 'a'],
  ['x', 'a\r\nb: c'],
  ['x', 'a\0b'],
  ['x:y', 'a'],
  ['x\r\n', 'a'],
  [':method', 'POST'],
  [':path', '/orders/second'],
  [':authority', 'other'],
  [':status', '200'],
  [':protocol', 'websocket'],
  [':unknown', 'x'],
  ['authorization', 'Bearer a.b.c'],
  ['expect', '100-continue'],
  ['http2-settings', 'AAMA'],
  ['x-long', 'x'.repeat(9_000)],
]
const PIECES: readonly string[] = [
  PREFACE,
  latin1(settingsAck()),
  latin1(ping()),
  latin1(reset(1)),
  latin1(frame(1, 5, 1, '')),
  latin1(frame(0, 1, 0, 'x')),
  ...['\0', '\xff\xff\xff', '\x80', '\0\0\0\x04\x01\0\0\0\0', 'GET / HTTP/1.1\r\nHost: api\r\n\r\n'],
]

/** Makes the bytes of one connection. */
export function generateFrames(random: Random, material: RequestMaterial): GeneratedFrames {
  const kind = random.below(10)
  if (kind < 2) return generateSound(random, material)
  const wild = generateWild(random, material)
  return kind < 7 ? wild : { ...wild, bytes: mutate(wild.bytes, random, PIECES), most: wild.most + 8 }
}

function generateSound(random: Random, material: RequestMaterial): GeneratedFrames {
  const frames: Buffer[] = [PLAIN_SETTINGS]
  const passing: number[] = []
  for (let stream = 1, left = 1 + random.below(5); left > 0; left--, stream += 2) {
    passing.push(stream)
    frames.push(...soundStream(random, stream, material))
    if (random.chance(0.2)) frames.push(random.pick([ping(), priority(stream + 100, 0), windowUpdate(0, 100)]))
  }
  return { bytes: PREFACE + latin1(Buffer.concat(frames)), passing, most: passing.length }
}

function soundStream(random: Random, stream: number, { token }: RequestMaterial): Buffer[] {
  const isOpen = random.chance(0.2)
  const hasBody = random.chance(0.3)
  const list: (readonly [string, string])[] = [
    [':method', hasBody ? 'POST' : random.pick(['GET', 'HEAD', 'DELETE'])],
    [':scheme', 'http'],
    [':authority', 'api'],
    [':path', generateSoundTarget(random, isOpen ? '/open' : '/orders')],
  ]
  if (!isOpen) list.push(['authorization', `Bearer ${token}`])
  for (let left = random.below(3); left > 0; left--) list.push(random.pick(SOUND_FIELDS))
  const block = hpack(list)
  const end = hasBody ? 0 : FLAG.endStream
  const frames = random.chance(0.2)
    ? [headers(stream, block.subarray(0, 9), end), continuation(stream, block.subarray(9), FLAG.endHeaders)]
    : [headers(stream, block, FLAG.endHeaders | end)]
  if (hasBody) frames.push(data(stream, random.octets(random.below(40))), data(stream, '', true))
  return frames
}

function generateWild(random: Random, material: RequestMaterial): GeneratedFrames {
  const frames: Buffer[] = [
    random.chance(0.8)
      ? PLAIN_SETTINGS
      : settings([1 + random.below(9), random.next()], [SETTING.frameSize, random.below(20_000)]),
  ]
  let most = 0
  let stream = 1
  for (let left = 1 + random.below(8); left > 0; left--) {
    if (random.chance(0.5)) {
      frames.push(
        ...(random.chance(0.3) ? soundStream(random, stream, material) : [wildHeaders(random, stream, material)]),
      )
      most += 1
      stream += random.pick([2, 2, 2, 1, 0, -2, 100])
    } else frames.push(wildFrame(random, stream))
  }
  return { bytes: PREFACE + latin1(Buffer.concat(frames)), passing: undefined, most: most + 8 }
}

function wildHeaders(random: Random, stream: number, material: RequestMaterial): Buffer {
  const base = random.pick(['/orders', '/orders', '/open'])
  const list: (readonly [string, string])[] = [
    [':method', random.pick(['GET', 'POST', 'HEAD', 'CONNECT', 'TRACE', 'get', '', 'G T', 'OPTIONS'])],
    [':scheme', random.pick(['http', 'http', 'https', 'ftp', ''])],
    [':authority', random.pick(['api', 'api', 'u@api', '', 'a b', 'api:1:2'])],
    [':path', random.pick([generateSoundTarget, generateRefusedTarget, generateWildTarget])(random, base)],
  ]
  if (random.chance(0.7)) list.push(['authorization', `Bearer ${material.token}`])
  for (let left = random.below(3); left > 0; left--) list.push(random.pick(WILD_FIELDS))
  if (random.chance(0.2)) list.splice(random.below(list.length), 1)
  if (random.chance(0.1)) list.reverse()
  const block = random.chance(0.1)
    ? Buffer.concat([hpackIndexed('x', 'y'), hpack(list), Buffer.from([0xbe, 0xff])])
    : hpack(list)
  return headers(
    stream,
    block,
    random.pick([FLAG.endHeaders | FLAG.endStream, FLAG.endHeaders, FLAG.endStream, 0, 0x2d, 0xff]),
  )
}

function wildFrame(random: Random, stream: number): Buffer {
  const on = random.pick([0, 1, stream, stream - 2, stream + 2, 2, 0x7fffffff, 0xffffffff])
  switch (random.below(10)) {
    case 0:
      return reset(on, random.pick(Object.values(CODE)))
    case 1:
      return windowUpdate(on, random.pick([0, 1, 0x7fffffff, 0x80000000]))
    case 2:
      return data(on, random.octets(random.below(30)), random.chance(0.5))
    case 3:
      return continuation(on, Buffer.from(random.octets(random.below(20)), 'latin1'), random.pick([0, 4]))
    case 4:
      return goaway(on, random.below(20))
    case 5:
      return random.pick([ping(), ping('short'), frame(6, 1, 0, '12345678'), frame(6, 0, 1, '12345678')])
    case 6:
      return settings([random.below(12), random.next()])
    case 7:
      return frame(5, 4, on, random.octets(random.below(20)))
    case 8:
      return frame(random.below(256), random.below(256), on, random.octets(random.below(40)))
    default:
      return frame(random.below(10), random.below(256), on, random.octets(random.below(40)), random.below(20_000))
  }
}

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1')
}
