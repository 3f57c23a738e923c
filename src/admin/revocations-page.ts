import { formatTime } from '../clock/rfc3339.ts'
import { type Denial, deny, ok, type Result } from '../errors/denial.ts'
import type { Exchange, Outcome, Reply, Target } from '../exchange/exchange.ts'
import type { AddFailure, KeptRevocation, KeptRevocations } from '../tokens/kept-revocations.ts'
import { parseRevocation, writeRevocation } from '../tokens/revocation-entry.ts'
import { parseJsonObject } from '../tokens/strict-json.ts'
import type { AdminView } from './admin-view.ts'
import { readJsonOctets } from './json-body.ts'
import { createJsonTarget, sendJson } from './json-target.ts'
import { describeRevocations } from './status.ts'

export type RevocationActions = Pick<KeptRevocations, 'list' | 'add' | 'remove'>

/** Creates `GET <admin_path>/revocations`: the entries of the admin API, and how many there are elsewhere. */
export function createRevocationsTarget(view: AdminView, revocations: RevocationActions): Target {
  return createJsonTarget(() => ({
    status: 200,
    body: { revocations: revocations.list().map(describe), counts: describeRevocations(view.revocations()) },
  }))
}

/**
 * Creates `POST <admin_path>/revocations`: takes one entry in, as in the settings, bound to the issuer that its auth server has now. 201,
 * or 200 where it was there, once it is on disk. It counts before that.
 */
export function createRevokeTarget(view: AdminView, revocations: RevocationActions): Target {
  return createChangingTarget(async exchange => {
    const read = await readJsonOctets(exchange)
    if (!read.ok) return read
    const parsed = parseJsonObject(read.value)
    if (!parsed.ok) return invalid(`The body is not a JSON object (${parsed.error}).`)
    const entry = parseRevocation(parsed.value)
    if (!entry.ok) return invalid(`The entry is not valid: ${entry.error}.`)
    const server = view.authServers().find(({ name }) => name === entry.value.authServer)
    if (server?.issuer === undefined) return invalid('There is no auth server of this name that has an issuer.')
    const added = await revocations.add(server.issuer, entry.value)
    if (!added.ok) return { ok: false, error: toDenial(added.error) }
    return ok({ status: added.value.isNew ? 201 : 200, body: describe(added.value.entry) })
  })
}

/** Creates `DELETE <admin_path>/revocations?id=…`: takes one entry out and answers with it. */
export function createRestoreTarget(revocations: RevocationActions): Target {
  return createChangingTarget(async ({ head }) => {
    const id = /^\??id=([0-9a-f]{32})$/.exec(head.query)?.[1]
    if (id === undefined) return invalid('Name one entry, as in `?id=` and its id.')
    const removed = await revocations.remove(id)
    if (!removed.ok) return { ok: false, error: { code: 'revocation.not_kept', detail: 'It is still revoked.' } }
    return removed.value === undefined
      ? deny('revocation.not_found')
      : ok({ status: 200, body: describe(removed.value) })
  })
}

interface Done {
  readonly status: number
  readonly body: unknown
}

function createChangingTarget(change: (exchange: Exchange) => Promise<Result<Done>>): Target {
  return {
    async handle(exchange: Exchange, reply: Reply): Promise<Outcome> {
      let left = false
      reply.onAbandoned(() => {
        left = true
      })
      const done = await change(exchange)
      if (left) return { kind: 'abandoned' }
      return done.ok ? sendJson(reply, done.value.status, done.value.body) : { kind: 'denied', denial: done.error }
    },
  }
}

function describe(entry: KeptRevocation): unknown {
  return { id: entry.id, issuer: entry.issuer, added: formatTime(entry.addedMs), ...writeRevocation(entry) }
}

function invalid(detail: string): Result<never> {
  return deny('revocation.invalid', undefined, { detail })
}

function toDenial(failure: AddFailure): Denial {
  switch (failure) {
    case 'too many':
      return { code: 'revocation.too_many', detail: 'Take entries out, or use a revocation list.' }
    case 'too many claims':
      return { code: 'revocation.too_many', detail: 'The entries name too many different claims.' }
    case 'not kept':
      return {
        code: 'revocation.not_kept',
        detail: 'It counts as revoked until the gateway ends, but it is not on disk.',
      }
  }
}
