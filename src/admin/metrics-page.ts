import type { Target } from '../exchange/exchange.ts'
import { EXPOSITION_TYPE } from '../metrics/exposition.ts'

const FIELDS = ['content-type', EXPOSITION_TYPE, 'cache-control', 'no-store']

/** Creates the metrics page: the text of that moment. */
export function createMetricsTarget(render: () => string): Target {
  return {
    handle(_exchange, reply) {
      reply.send(200, FIELDS, render())
      return { kind: 'replied', status: 200 }
    },
  }
}
