import type { Exchange, Outcome, Reply, Target } from '../exchange/exchange.ts'
import { RequestBodyError } from '../exchange/request-body-error.ts'
import { upstreamFields } from './field-hygiene.ts'
import type { FieldRules } from './field-names.ts'
import type { ForwardingWriter } from './forwarded.ts'

const MASK = '***'

/** Names of fields and of query parameters that carry credentials. */
const CREDENTIAL_NAME = /authorization|cookie|assertion|api[-_]?key|token|secret|password|signature|dpop/i

/** The authentication scheme in front of credentials may be shown. */
const SCHEME = /^(?:Bearer|Basic|DPoP)(?= )/i

/**
 * Creates the built-in echo service (`upstream: builtin:echo`): 200 with JSON of method, path, query and the fields that an
 * upstream would have got, credential values masked (product.md 6). A body is read within its limit, and only its length told.
 */
export function createEchoTarget(parts: {
  readonly fieldRules: FieldRules
  readonly forwarding: ForwardingWriter
}): Target {
  return {
    handle(exchange: Exchange, reply: Reply): Outcome | Promise<Outcome> {
      const fields = upstreamFields(exchange, parts.fieldRules, parts.forwarding)
      if (exchange.body === undefined) return answer(exchange, reply, fields, 0)
      return countBody(exchange.body.open(), reply).then(counted =>
        typeof counted === 'number' ? answer(exchange, reply, fields, counted) : counted,
      )
    },
  }
}

function answer(exchange: Exchange, reply: Reply, fields: readonly string[], bodyBytes: number): Outcome {
  const { method, path, query } = exchange.head
  const text = JSON.stringify({ method, path, query: maskQuery(query), fields: toObject(fields), bodyBytes }, null, 2)
  reply.send(200, ['content-type', 'application/json', 'x-request-id', exchange.id], `${text}\n`)
  return { kind: 'replied', status: 200 }
}

/** Reads a body to its end. Resolves with its length, or with how the exchange ended where the body broke. */
function countBody(body: NodeJS.ReadableStream, reply: Reply): Promise<number | Outcome> {
  return new Promise(resolve => {
    let bytes = 0
    body.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length
    })
    body.on('end', () => resolve(bytes))
    body.on('error', (error: Error) =>
      resolve(
        error instanceof RequestBodyError && error.code !== 'CALLER_GONE'
          ? { kind: 'denied', denial: error.denial }
          : { kind: 'abandoned' },
      ),
    )
    reply.onAbandoned(() => resolve({ kind: 'abandoned' }))
  })
}

/** Field names are the caller's text: an object without prototype. Several lines of one name become a list. */
function toObject(fields: readonly string[]): Readonly<Record<string, string | string[]>> {
  const object: Record<string, string | string[]> = Object.create(null)
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    const value = maskField(name, fields[i + 1] as string)
    const known = object[name]
    if (known === undefined) object[name] = value
    else if (typeof known === 'string') object[name] = [known, value]
    else known.push(value)
  }
  return object
}

function maskField(name: string, value: string): string {
  if (!CREDENTIAL_NAME.test(name)) return value
  const scheme = SCHEME.exec(value)
  return scheme === null ? MASK : `${scheme[0]} ${MASK}`
}

function maskQuery(query: string): string {
  if (!CREDENTIAL_NAME.test(query)) return query
  return query
    .split('&')
    .map(pair => {
      const equals = pair.indexOf('=')
      return equals >= 0 && CREDENTIAL_NAME.test(pair.slice(0, equals)) ? `${pair.slice(0, equals + 1)}${MASK}` : pair
    })
    .join('&')
}
