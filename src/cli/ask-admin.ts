import { ADMIN_TOKEN_FILE } from '../admin/admin-token.ts'
import type { AdminApiSettings } from '../settings/model.ts'
import { createStore } from '../state/store.ts'

/** Most octets of an admin page's answer; a longer one comes from something else. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024

export interface AdminQuestion {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Value of the Authorization field; undefined where nothing is known that could be presented. */
  readonly authorization: string | undefined
  /** Sent as JSON. */
  readonly body?: unknown
  readonly timeoutMs: number
}

/** Asks an admin page of a running gateway. Rejects where nobody answers within the time; redirects are not followed. */
export type AskAdmin = (question: AdminQuestion) => Promise<{ readonly status: number; readonly body: string }>

/** Asks over HTTP. */
export const askAdmin: AskAdmin = async ({ method, url, authorization, body, timeoutMs }) => {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await readBounded(response) }
}

async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** What the gateway of these settings lets in: its `admin_api` credentials, else the token under its `state_dir`. */
export async function readAdminAuthorization(
  { credentials }: Pick<AdminApiSettings, 'credentials'>,
  stateDir: string,
): Promise<string | undefined> {
  if (credentials !== undefined) {
    const pair = `${credentials.user}:${credentials.password.reveal()}`
    return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  }
  const kept = await createStore(stateDir).read(ADMIN_TOKEN_FILE)
  if (!kept.ok || kept.value === undefined) return undefined
  return `Bearer ${Buffer.from(kept.value).toString('latin1').trimEnd()}`
}
