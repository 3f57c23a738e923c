import type { Outcome, Reply, Target } from '../exchange/exchange.ts'

const FIELDS = ['content-type', 'application/json', 'cache-control', 'no-store', 'x-content-type-options', 'nosniff']

/** Creates a target that answers with the JSON of what `make` returns at that moment. */
export function createJsonTarget(make: () => { readonly status: number; readonly body: unknown }): Target {
  return {
    handle(_exchange, reply) {
      const { status, body } = make()
      return sendJson(reply, status, body)
    },
  }
}

/** Answers with JSON for people and programs. */
export function sendJson(reply: Reply, status: number, body: unknown): Outcome {
  reply.send(status, FIELDS, `${JSON.stringify(body, undefined, 2)}\n`)
  return { kind: 'replied', status }
}
