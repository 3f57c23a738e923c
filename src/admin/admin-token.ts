import { randomBytes } from 'node:crypto'
import { ok, type Result } from '../errors/denial.ts'
import type { Store, StoreFailure } from '../state/store.ts'

/** Name of the file under `state_dir` that holds the token. */
export const ADMIN_TOKEN_FILE = 'admin-token'

/** 256 bits in base64url, and a line end so that `cat` looks right. */
const TOKEN = /^[A-Za-z0-9_-]{43}\n?$/

/**
 * Reads the admin token, or makes one on first start. A file that holds anything else is replaced: a short or empty token would be
 * an open door. The failure of the store comes back as it is; without a token nobody gets in.
 */
export async function openAdminToken(store: Store): Promise<Result<string, StoreFailure>> {
  const kept = await readToken(store)
  if (!kept.ok) return kept
  if (kept.value !== undefined) return ok(kept.value)
  const token = randomBytes(32).toString('base64url')
  const existed = await store.create(ADMIN_TOKEN_FILE, `${token}\n`)
  if (!existed.ok) return existed
  if (existed.value) return ok(token)
  const other = await readToken(store)
  if (!other.ok) return other
  if (other.value !== undefined) return ok(other.value)
  const replaced = await store.write(ADMIN_TOKEN_FILE, `${token}\n`)
  return replaced.ok ? ok(token) : replaced
}

async function readToken(store: Store): Promise<Result<string | undefined, StoreFailure>> {
  const read = await store.read(ADMIN_TOKEN_FILE)
  if (!read.ok) return read
  const text = read.value === undefined ? '' : Buffer.from(read.value).toString('latin1')
  return ok(TOKEN.test(text) ? text.trimEnd() : undefined)
}
