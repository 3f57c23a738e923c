import { deny, ok, type Result } from '../errors/denial.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { RequestBodyError } from '../exchange/request-body-error.ts'

/** Longest body that an admin page takes, in octets. */
const MAX_ADMIN_BODY_BYTES = 64 * 1024

/**
 * Reads the JSON object that an operator sends; `{}` where there is no body. A body must say that it is JSON: no form of a web page
 * can. The refusal tells in its detail what is wrong.
 */
export async function readJsonBody(exchange: Exchange): Promise<Result<Readonly<Record<string, unknown>>>> {
  if (exchange.body === undefined) return ok({})
  const octets = await readJsonOctets(exchange)
  if (!octets.ok) return octets
  try {
    if (octets.value.length === 0) return ok({})
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets.value))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return ok(value as Readonly<Record<string, unknown>>)
  } catch {
    // Told below.
  }
  return refuse('The body is not a JSON object.')
}

/** Reads a body that says it is JSON, for who parses it; no octets where there is none. */
export async function readJsonOctets({ body, head }: Exchange): Promise<Result<Uint8Array>> {
  if (body === undefined) return ok(new Uint8Array())
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body.open()) {
      const bytes = Buffer.from(chunk)
      length += bytes.length
      if (length > MAX_ADMIN_BODY_BYTES) return deny('request.body_too_large', { limit: MAX_ADMIN_BODY_BYTES })
      chunks.push(bytes)
    }
    const type = head.fields.first('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
    if (length > 0 && type !== 'application/json') return refuse('Send the body as application/json.')
    return ok(Buffer.concat(chunks, length))
  } catch (error) {
    return error instanceof RequestBodyError ? { ok: false, error: error.denial } : refuse('The body cannot be read.')
  }
}

function refuse(detail: string): Result<never> {
  return deny('request.malformed', undefined, { detail })
}
