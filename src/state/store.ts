/**
 * Everything the gateway keeps under `state_dir`: signing keys, the admin token, last good key sets.
 * Files are written whole or not at all, readable by their owner only, and bounded in size; names are ours or made from checked text.
 * A directory that cannot be used is a value here, never an exception, and nothing is created before the first write.
 * Called by `keys` (generated keys), `admin` (token) and whoever keeps a last good copy; knows nothing of what it stores.
 */
import { randomBytes } from 'node:crypto'
import {
  constants,
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  unlink,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ok, type Result } from '../errors/denial.ts'

/** Why something could not be read or kept. */
export interface StoreFailure {
  readonly reason: 'name_invalid' | 'too_large' | 'not_a_file' | 'unusable'
  /** One sentence for the operator, with the file name. Never holds what was stored. */
  readonly message: string
}

/** The files of one `state_dir`. */
export interface Store {
  readonly directory: string
  /** Reads a file whole; undefined if there is none. Symbolic links are not followed. */
  read(name: string): Promise<Result<Uint8Array | undefined, StoreFailure>>
  /** Replaces a file: temporary file, fsync, rename, fsync of the directory. Mode 0600; the directory is made with 0700. */
  write(name: string, bytes: Uint8Array | string): Promise<Result<void, StoreFailure>>
  /** Writes a file only if there is none yet; false: another process was first, and its file stands. */
  create(name: string, bytes: Uint8Array | string): Promise<Result<boolean, StoreFailure>>
}

export interface StoreOptions {
  /** Largest file that is read or written, in bytes; 16 MiB by default. */
  readonly maxBytes?: number
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024
const NAME = /^[a-z0-9][a-z0-9._-]{0,150}$/
const TEMPORARY = /^\.[a-z0-9][a-z0-9._-]{0,150}\.[0-9a-f]{12}\.tmp$/
/** A temporary file this much older than a fresh one belongs to a process that died. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000

/** Creates the store of a directory. Touches no file. */
export function createStore(directory: string, options: StoreOptions = {}): Store {
  return new DirectoryStore(directory, options.maxBytes ?? DEFAULT_MAX_BYTES)
}

class DirectoryStore implements Store {
  readonly directory: string
  readonly #maxBytes: number
  #swept = false

  constructor(directory: string, maxBytes: number) {
    this.directory = directory
    this.#maxBytes = maxBytes
  }

  async read(name: string): Promise<Result<Uint8Array | undefined, StoreFailure>> {
    if (!NAME.test(name)) return nameInvalid()
    let handle: FileHandle | undefined
    try {
      // Non-blocking, so that a FIFO put in the file's place cannot hang the start.
      handle = await open(join(this.directory, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      const about = await handle.stat()
      if (!about.isFile()) return failure('not_a_file', `\`${this.#path(name)}\` is not a regular file`)
      if (about.size > this.#maxBytes) return this.#tooLarge(name)
      const bytes = await handle.readFile()
      return bytes.length > this.#maxBytes ? this.#tooLarge(name) : ok(bytes)
    } catch (error) {
      const code = codeOf(error)
      // Below something that is no folder there is no file either; writing will say so.
      if (code === 'ENOENT' || code === 'ENOTDIR') return ok(undefined)
      if (code === 'ELOOP') return failure('not_a_file', `\`${this.#path(name)}\` is a symbolic link`)
      return failure('unusable', `\`${this.#path(name)}\` cannot be read (${code})`)
    } finally {
      await handle?.close()
    }
  }

  async write(name: string, bytes: Uint8Array | string): Promise<Result<void, StoreFailure>> {
    const put = await this.#put(name, bytes, rename)
    return put.ok ? ok(undefined) : put
  }

  async create(name: string, bytes: Uint8Array | string): Promise<Result<boolean, StoreFailure>> {
    return this.#put(name, bytes, publishIfAbsent)
  }

  async #put(
    name: string,
    content: Uint8Array | string,
    publish: (temporary: string, target: string) => Promise<void>,
  ): Promise<Result<boolean, StoreFailure>> {
    if (!NAME.test(name)) return nameInvalid()
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
    if (bytes.length > this.#maxBytes) return this.#tooLarge(name)
    const temporary = join(this.directory, `.${name}.${randomBytes(6).toString('hex')}.tmp`)
    try {
      await makeDirectory(this.directory)
      await writeDurably(temporary, bytes)
      await this.#sweepOnce(temporary)
      await publish(temporary, join(this.directory, name))
      await syncDirectory(this.directory)
      return ok(true)
    } catch (error) {
      await unlink(temporary).catch(() => undefined)
      const code = codeOf(error)
      if (code === 'EEXIST') {
        const existing = await lstat(join(this.directory, name)).catch(() => undefined)
        if (existing !== undefined) return ok(false)
      }
      return failure('unusable', `\`${this.#path(name)}\` cannot be written (${code})`)
    }
  }

  /** Removes what a process that was killed while writing left behind, so that the directory stays bounded. */
  async #sweepOnce(fresh: string): Promise<void> {
    if (this.#swept) return
    this.#swept = true
    try {
      const now = (await lstat(fresh)).mtimeMs
      for (const entry of await readdir(this.directory)) {
        if (!TEMPORARY.test(entry)) continue
        const path = join(this.directory, entry)
        if (now - (await lstat(path)).mtimeMs > ABANDONED_AFTER_MS) await unlink(path)
      }
    } catch {
      // Tidying is a courtesy: the write itself decides whether the directory is usable.
    }
  }

  #tooLarge(name: string): Result<never, StoreFailure> {
    return failure('too_large', `\`${this.#path(name)}\` is larger than ${this.#maxBytes} bytes`)
  }

  #path(name: string): string {
    return join(this.directory, name)
  }
}

/** Linking fails where the name is taken, unlike renaming: the first process wins. Some file systems have no links. */
async function publishIfAbsent(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target)
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error))) throw error
    await copyFile(temporary, target, constants.COPYFILE_EXCL)
  }
  await unlink(temporary)
}

/** Makes a folder and those around it. Not with `recursive`: that never returns where a folder exists and takes no others (`/proc`). */
async function makeDirectory(path: string): Promise<void> {
  const code = await tryToMake(path)
  if (code === undefined || code === 'EEXIST') return
  const parent = dirname(path)
  if (code === 'ENOENT' && parent !== path) {
    await makeDirectory(parent)
    const again = await tryToMake(path)
    if (again === undefined || again === 'EEXIST') return
  }
  throw Object.assign(new Error(`cannot make ${path}`), { code })
}

/** Returns undefined where the folder was made, else the code of the error. */
async function tryToMake(path: string): Promise<string | undefined> {
  try {
    await mkdir(path, { mode: 0o700 })
    return undefined
  } catch (error) {
    return codeOf(error)
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the rename itself survive a power failure; some file systems cannot, and then the data is safe all the same. */
async function syncDirectory(directory: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(directory, constants.O_RDONLY)
    await handle.sync()
  } catch {
    // Not every file system syncs a directory.
  } finally {
    await handle?.close()
  }
}

function nameInvalid(): Result<never, StoreFailure> {
  return failure('name_invalid', 'the name of a file under `state_dir` is not acceptable')
}

function failure(reason: StoreFailure['reason'], message: string): Result<never, StoreFailure> {
  return { ok: false, error: { reason, message } }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
}
