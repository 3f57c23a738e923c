/**
 * Last good key sets under `state_dir`, one file for each auth server: what serves when the gateway starts while an issuer is away.
 * A copy counts only whole, under the seal of this `state_dir`, and for the issuer and address that it was fetched for
 * (docs/decisions/0022-keys-on-disk.md). Failures are values with a sentence for the operator; nothing here throws.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ok, type Result } from '../errors/denial.ts'
import { toFileName } from '../state/file-name.ts'
import type { Store } from '../state/store.ts'

/** A key set as its issuer sent it, and what is known about it. */
export interface KeyCopy {
  readonly issuer: string
  /** The configured address: of the set, or of the discovery document. */
  readonly source: string
  /** Milliseconds since the epoch, by the wall clock. */
  readonly fetchedAtMs: number
  /** For how long it was fresh. */
  readonly ageMs: number
  /** The JWK Set, word for word: it is imported anew, by the rules of the day. */
  readonly body: string
  /** When each key was first seen, by identity. */
  readonly firstSeen: Readonly<Record<string, number>>
}

/** What a copy is for. */
export interface CopyOwner {
  readonly authServer: string
  readonly issuer: string
  readonly source: string
}

export interface KeyCopies {
  /** Reads the copy of an auth server; undefined where there is none. The error says why a copy is not used. */
  read(owner: CopyOwner): Promise<Result<KeyCopy | undefined, string>>
  /** Replaces the copy of an auth server. */
  keep(owner: CopyOwner, copy: Omit<KeyCopy, 'issuer' | 'source'>): Promise<Result<void, string>>
  /** False for commands that write nothing. */
  readonly mayWrite: boolean
}

/** Name of the file under `state_dir` with the key of the seals. */
export const SEAL_KEY_FILE = 'key-copies.secret'
const SEAL_KEY_LENGTH = 32
/** First line of a copy: format, version, and the seal over all that follows. */
const HEADER = /^microgateway-keys 1 ([0-9a-f]{64})\n/
/** Octets of `HEADER` with its line end. */
const HEADER_LENGTH = 85
/** Largest copy; `jwks.max_bytes` bounds what is fetched, and escapes can make it longer. */
const MOST_COPY_BYTES = 8 * 1024 * 1024

/** Creates the copies of a store. Touches no file before it is asked to. */
export function createKeyCopies(store: Store, options: { readonly mayWrite: boolean }): KeyCopies {
  let sealKey: Uint8Array | undefined

  const openSealKey = async (mayCreate: boolean): Promise<Result<Uint8Array | undefined, string>> => {
    if (sealKey !== undefined) return ok(sealKey)
    const opened = await readSealKey(store, mayCreate)
    if (opened.ok) sealKey = opened.value
    return opened
  }

  return {
    mayWrite: options.mayWrite,
    async read(owner) {
      const kept = await store.read(nameOf(owner))
      if (!kept.ok) return fail(kept.error.message)
      if (kept.value === undefined) return ok(undefined)
      const key = await openSealKey(false)
      if (!key.ok) return key
      if (key.value === undefined) return fail(`\`${SEAL_KEY_FILE}\` is missing, so no kept key set can be trusted`)
      return unseal(kept.value, key.value, owner)
    },
    async keep(owner, copy) {
      if (!options.mayWrite) return ok(undefined)
      const key = await openSealKey(true)
      if (!key.ok) return key
      if (key.value === undefined) return fail(`\`${SEAL_KEY_FILE}\` cannot be made`)
      const { issuer, source } = owner
      const sealed = seal(JSON.stringify({ ...copy, issuer, source }), key.value)
      if (sealed.length > MOST_COPY_BYTES) return fail('the key set is too large to be kept')
      const written = await store.write(nameOf(owner), sealed)
      return written.ok ? ok(undefined) : fail(written.error.message)
    },
  }
}

function nameOf({ authServer }: CopyOwner): string {
  return toFileName('key-set', [authServer], '.sealed')
}

/** Reads the key of the seals. One that is not whole is replaced where that is allowed: copies under the old one count no more. */
async function readSealKey(store: Store, mayCreate: boolean): Promise<Result<Uint8Array | undefined, string>> {
  const read = async (): Promise<Result<Uint8Array | undefined, string>> => {
    const kept = await store.read(SEAL_KEY_FILE)
    if (!kept.ok) return fail(kept.error.message)
    return ok(kept.value?.length === SEAL_KEY_LENGTH ? kept.value : undefined)
  }
  const kept = await read()
  if (!kept.ok || kept.value !== undefined || !mayCreate) return kept
  const fresh = randomBytes(SEAL_KEY_LENGTH)
  const created = await store.create(SEAL_KEY_FILE, fresh)
  if (!created.ok) return fail(created.error.message)
  if (created.value) return ok(fresh)
  const other = await read()
  if (!other.ok || other.value !== undefined) return other
  const replaced = await store.write(SEAL_KEY_FILE, fresh)
  return replaced.ok ? ok(fresh) : fail(replaced.error.message)
}

function seal(payload: string, key: Uint8Array): Uint8Array {
  const bytes = Buffer.from(payload, 'utf8')
  return Buffer.concat([Buffer.from(`microgateway-keys 1 ${sealOf(bytes, key).toString('hex')}\n`), bytes])
}

function sealOf(payload: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update('microgateway-keys 1\n').update(payload).digest()
}

function unseal(bytes: Uint8Array, key: Uint8Array, owner: CopyOwner): Result<KeyCopy, string> {
  if (bytes.length > MOST_COPY_BYTES) return fail('it is too large')
  const sealed = HEADER.exec(Buffer.from(bytes.subarray(0, HEADER_LENGTH)).toString('latin1'))?.[1]
  if (sealed === undefined) return fail('it is no kept key set')
  const payload = bytes.subarray(HEADER_LENGTH)
  if (!timingSafeEqual(sealOf(payload, key), Buffer.from(sealed, 'hex')))
    return fail('its seal is broken: it was changed, or made under another `state_dir`')
  // What follows was written by this gateway, or the seal would not hold.
  const copy = JSON.parse(Buffer.from(payload).toString('utf8')) as KeyCopy
  if (copy.issuer !== owner.issuer) return fail('it is of another issuer')
  return copy.source === owner.source ? ok(copy) : fail('it was fetched from another address')
}

function fail(message: string): Result<never, string> {
  return { ok: false, error: message }
}
