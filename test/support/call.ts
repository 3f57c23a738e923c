/** One HTTP call over a connection of its own, with every field line and byte of the target as the test wrote it. */
import { type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { text } from 'node:stream/consumers'
import type { TestCertificate } from './certificate.ts'
import { parseAnswers } from './raw-socket.ts'

export interface Call {
  /** GET by default. */
  readonly method?: string
  /** Sent as it is: nothing is normalized. `/orders/v1/items` by default. */
  readonly path?: string
  /** Goes into `Authorization: Bearer`. */
  readonly token?: string
  /** `user:password`, goes into `Authorization: Basic`. */
  readonly basic?: string
  /** Goes into `x-gateway-apikey`. */
  readonly apiKey?: string
  /** Further field lines: name, value, … */
  readonly lines?: readonly string[]
  readonly body?: string | Uint8Array
  /** The Host field; that of the origin by default. */
  readonly host?: string
  /** Authority that an HTTPS server is verified by. */
  readonly ca?: string
  /** What the caller shows of itself in the TLS handshake. */
  readonly certificate?: TestCertificate
}

export interface Answer {
  readonly status: number
  /** Lower-case name to the values of its lines. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  readonly body: string
  /** First value of a field. */
  field(name: string): string | undefined
  json(): Record<string, unknown>
}

/** Where calls go when a test does not say. */
export const ITEMS = '/orders/v1/items'

/** Makes the call; rejects where the connection breaks before the answer is complete. */
export async function send(origin: string, call: Call = {}): Promise<Answer> {
  const incoming = await open(origin, call)
  const body = await text(incoming)
  if (!incoming.complete) throw new Error('the answer was cut')
  const distinct: NodeJS.Dict<string[]> = incoming.headersDistinct
  const fields = new Map(Object.entries(distinct).map(([name, values]) => [name, values ?? []]))
  return makeAnswer(incoming.statusCode ?? 0, fields, body)
}

/** Makes the call and resolves with the answer's head; its body is the caller's business. */
export function open(origin: string, call: Call = {}): Promise<IncomingMessage> {
  const url = new URL(origin)
  const options = {
    host: url.hostname,
    port: url.port,
    method: call.method ?? 'GET',
    path: call.path ?? ITEMS,
    headers: linesOf(url, call),
    agent: false as const,
  }
  return new Promise((resolve, reject) => {
    const outgoing =
      url.protocol === 'https:'
        ? requestTls({
            ...options,
            ...(call.ca !== undefined && { ca: call.ca }),
            ...call.certificate,
            servername: 'localhost',
          })
        : request(options)
    outgoing.on('response', resolve).on('error', reject).end(call.body)
  })
}

/** Takes the first answer out of the bytes of a connection; fails where none is complete. */
export function toAnswer(received: string): Answer {
  const [first] = parseAnswers(received)
  if (first === undefined) throw new Error(`no answer in ${JSON.stringify(received)}`)
  return makeAnswer(first.status, first.fields, first.body)
}

/** Basic credentials as a field value. */
export function basicOf(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

function linesOf(url: URL, call: Call): string[] {
  const lines = ['Host', call.host ?? url.host]
  if (call.token !== undefined) lines.push('Authorization', `Bearer ${call.token}`)
  if (call.basic !== undefined) lines.push('Authorization', basicOf(call.basic))
  if (call.apiKey !== undefined) lines.push('X-Gateway-APIKey', call.apiKey)
  if (call.body !== undefined) lines.push('Content-Length', String(Buffer.byteLength(call.body)))
  return [...lines, ...(call.lines ?? [])]
}

function makeAnswer(status: number, fields: Answer['fields'], body: string): Answer {
  return {
    status,
    fields,
    body,
    field: name => fields.get(name)?.[0],
    json: () => JSON.parse(body) as Record<string, unknown>,
  }
}
