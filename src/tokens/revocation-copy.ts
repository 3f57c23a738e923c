import { createHash } from 'node:crypto'
import type { Result } from '../errors/denial.ts'
import { toValidators, type Validators } from '../outbound/validators.ts'
import { toFileName } from '../state/file-name.ts'
import type { Store, StoreFailure } from '../state/store.ts'
import type { JsonObject, JsonValue } from './jwt.ts'
import { parseJsonObject } from './strict-json.ts'

/** The last good document of one address, as it is kept on disk. */
export interface RevocationCopy {
  readonly document: Uint8Array
  readonly validators: Validators | undefined
}

/** The copy on disk of what one address said. A copy of another address, or one that was changed, is none. */
export interface RevocationCopyFile {
  /** Undefined: there is none. The error says why the one that is there cannot be used. */
  read(): Promise<Result<RevocationCopy | undefined, string>>
  write(copy: RevocationCopy): Promise<Result<void, StoreFailure>>
}

const MEMBERS: ReadonlySet<string> = new Set(['url', 'document', 'sha256', 'etag', 'last_modified'])

/** Opens the copy of an address. Touches no file. */
export function openRevocationCopy(store: Store, url: string): RevocationCopyFile {
  const file = toFileName('revocation-list', [url], '.json')
  return {
    async read() {
      const read = await store.read(file)
      if (!read.ok) return { ok: false, error: read.error.message }
      if (read.value === undefined) return { ok: true, value: undefined }
      const copy = parseCopy(read.value, url)
      return copy === undefined ? { ok: false, error: `\`${file}\` is damaged` } : { ok: true, value: copy }
    },
    write({ document, validators }) {
      const text = Buffer.from(document).toString('utf8')
      const copy = {
        url,
        sha256: digestOf(document),
        etag: validators?.etag,
        last_modified: validators?.lastModified,
        document: text,
      }
      return store.write(file, JSON.stringify(copy))
    },
  }
}

/** Computes what tells one document from another. */
export function digestOf(document: Uint8Array): string {
  return createHash('sha256').update(document).digest('hex')
}

function parseCopy(bytes: Uint8Array, url: string): RevocationCopy | undefined {
  const parsed = parseJsonObject(bytes)
  if (!parsed.ok) return undefined
  const { value } = parsed
  if (Object.keys(value).some(name => !MEMBERS.has(name)) || value['url'] !== url) return undefined
  if (typeof value['document'] !== 'string') return undefined
  const document = Buffer.from(value['document'], 'utf8')
  if (digestOf(document) !== value['sha256']) return undefined
  return { document, validators: parseValidators(value) }
}

function parseValidators({ etag, last_modified: lastModified }: JsonObject): Validators | undefined {
  return toValidators(textOf(etag), textOf(lastModified))
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
