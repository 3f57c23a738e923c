/** What is sent: the same requests to every contestant, and the status that must come back. */
import { request } from 'node:http'
import { writeLoadScript } from './load.ts'
import type { Credentials } from './tokens.ts'

export interface Scenario {
  readonly id: string
  readonly title: string
  /** The load script of wrk. */
  readonly script: string
  /** True where every answer must be 401, else every answer must be 200. */
  readonly refused: boolean
  /** One request's token, for the check before the load. */
  readonly sample: string | undefined
}

export const SCENARIO_IDS: readonly string[] = ['one-token', 'tokens-in-turn', 'no-token', 'bad-signature']

/** Writes the load scripts and returns the scenarios in the order of `SCENARIO_IDS`. */
export function makeScenarios(directory: string, { good, badSignature }: Credentials): Scenario[] {
  const scenario = (
    id: string,
    title: string,
    refused: boolean,
    tokens: readonly (string | undefined)[],
  ): Scenario => ({
    id,
    title,
    refused,
    sample: tokens[0],
    script: writeLoadScript(directory, id, tokens),
  })
  return [
    scenario('one-token', 'One token, repeated', false, good.slice(0, 1)),
    scenario('tokens-in-turn', `${good.length.toLocaleString('en')} tokens in turn`, false, good),
    scenario('no-token', 'No token: 401', true, [undefined]),
    scenario('bad-signature', 'Bad signature: 401', true, [badSignature]),
  ]
}

/** Sends one request and compares its status; returns what is wrong, or undefined. */
export async function probe(port: number, scenario: Scenario): Promise<string | undefined> {
  const expected = scenario.refused ? 401 : 200
  const status = await statusOf(port, scenario.sample)
  return status === expected ? undefined : `${scenario.id}: status ${status} instead of ${expected}`
}

/** Sends one request to 127.0.0.1 on a connection of its own and returns the status. */
export function statusOf(port: number, token: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const sent = request(
      { host: '127.0.0.1', port, path: '/v1/items/7?expand=lines', headers, agent: false },
      answer => {
        answer.resume()
        answer.once('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    sent.setTimeout(5000, () => sent.destroy(new Error('no answer within 5 s')))
    sent.once('error', reject)
    sent.end()
  })
}
