/**
 * Watches files for changes of their content, through every symbolic link on the way (Kubernetes swaps `..data`). The folders are watched,
 * never the files: a file that is renamed over, deleted and made again, or reached through another link is still seen. Every event means
 * "maybe"; only another SHA-256 of the content counts. Called by `reload`; nothing is parsed here.
 */
import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Logger } from '../log/logger.ts'
import { followPath } from './path-steps.ts'
import { readBytes } from './read.ts'

/** Quiet time after the last event before the contents are compared. */
const QUIET_MS = 150
/** Events that never stop are looked at this often all the same. */
const LONGEST_WAIT_MS = 1000

/** Watches a changing set of paths. */
export interface Watcher {
  /** Replaces the paths. Those already watched keep what is known of their content; new ones count from now on. */
  update(paths: readonly string[]): void
  /** Resolves when every path given so far is watched and its content known: changes from then on are reported. */
  ready(): Promise<void>
  /** Stops watching; no call of `onChange` follows. */
  close(): Promise<void>
}

/**
 * Starts watching files and folders (absolute paths; of a folder the list of its `*.yml` counts), also ones that do not exist yet.
 * `onChange` is called once for a burst of changes, without saying what changed. Never throws; what the system refuses is logged.
 */
export function watchPaths(
  paths: readonly string[],
  onChange: () => void,
  parts: { readonly logger: Logger },
): Watcher {
  let wanted: readonly string[] = paths
  let relevant: ReadonlySet<string> = new Set()
  let closed = false
  const digests = new Map<string, string>()
  const timer = createBurstTimer(() => enqueue(compare))
  const isRelevant = (path: string): boolean => relevant.has(path) || relevant.has(`${dirname(path)}/*`)
  const folders = createFolderWatch(
    path => {
      if (isRelevant(path)) timer.start()
    },
    isRelevant,
    error => {
      parts.logger.warn({ err: error }, 'a folder of the configuration cannot be watched; send SIGHUP after a change')
    },
  )

  /** Steps run one after the other: an update never meets a comparison half way. */
  let last: Promise<void> = Promise.resolve()
  const enqueue = (step: () => Promise<void>): void => {
    last = last
      .then(() => (closed ? undefined : step()))
      .catch(error => {
        parts.logger.error({ err: error }, 'watching the configuration failed; send SIGHUP after a change')
      })
  }

  const follow = async (): Promise<void> => {
    const resolved = await Promise.all(wanted.map(followPath))
    relevant = new Set(resolved.flatMap(each => each.steps))
    await folders.set(new Set(resolved.flatMap(each => each.folders)))
  }
  /** Gets to know new paths. What is known already is left to the events: only they wait for the end of a burst. */
  const learn = async (): Promise<void> => {
    const paths = new Set(wanted)
    await follow()
    for (const path of paths) if (!digests.has(path)) digests.set(path, await digestOf(path))
    for (const path of digests.keys()) if (!paths.has(path)) digests.delete(path)
  }
  const compare = async (): Promise<void> => {
    await follow()
    let changed = false
    for (const [path, known] of digests) {
      const digest = await digestOf(path)
      changed ||= known !== digest
      digests.set(path, digest)
    }
    if (changed && !closed) onChange()
  }

  enqueue(learn)
  return {
    update: next => {
      wanted = [...new Set(next)]
      enqueue(learn)
    },
    ready: () => last,
    close: async () => {
      closed = true
      timer.stop()
      await last
      await folders.set(new Set())
    },
  }
}

/** Watches a changing set of folders. */
interface FolderWatch {
  /** Replaces the set; resolves when each folder is watched, so that no later change is missed. */
  set(folders: ReadonlySet<string>): Promise<void>
}

function createFolderWatch(
  onEvent: (path: string) => void,
  isRelevant: (path: string) => boolean,
  onError: (error: unknown) => void,
): FolderWatch {
  const watchers = new Map<string, { readonly inode: string; readonly watcher: FSWatcher }>()
  const open = async (folder: string, inode: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const watcher = watch(folder, {
      depth: 0,
      followSymlinks: false,
      ignoreInitial: true,
      ignorePermissionErrors: true,
      // A log that is written beside the configuration must not cost a look at it with every line.
      ignored: path => path !== folder && !isRelevant(path),
    })
    watchers.set(folder, { inode, watcher })
    watcher.once('ready', resolve)
    watcher.on('all', (_event, path) => onEvent(path))
    // What the system tells and chokidar makes nothing of: a folder that takes the place of a file at once.
    watcher.on('raw', (_event, name) => {
      if (name !== null) onEvent(join(folder, name))
    })
    watcher.on('error', error => {
      onError(error)
      resolve()
    })
    await promise
  }
  return {
    set: async folders => {
      for (const [folder, { inode, watcher }] of watchers) {
        // A folder that was made anew under its old name needs a new watcher.
        if (folders.has(folder) && (await inodeOf(folder)) === inode) continue
        watchers.delete(folder)
        await watcher.close()
      }
      for (const folder of folders) if (!watchers.has(folder)) await open(folder, await inodeOf(folder))
    },
  }
}

async function inodeOf(folder: string): Promise<string> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return 'missing'
  }
}

/** A timer that waits for quiet, but not for ever. */
function createBurstTimer(onEnd: () => void): { start(): void; stop(): void } {
  let quiet: NodeJS.Timeout | undefined
  let latest: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearTimeout(quiet)
    clearTimeout(latest)
    quiet = undefined
    latest = undefined
  }
  const end = (): void => {
    stop()
    onEnd()
  }
  return {
    start: () => {
      clearTimeout(quiet)
      quiet = setTimeout(end, QUIET_MS)
      latest ??= setTimeout(end, LONGEST_WAIT_MS)
    },
    stop,
  }
}

/** Digest of a file's content, of a folder's list of `*.yml`, or of why there is none. */
async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    if ((await stat(path)).isDirectory()) {
      const names = (await readdir(path)).filter(name => name.endsWith('.yml') && !name.startsWith('.')).sort()
      return hash.update(names.join('\0')).digest('base64')
    }
  } catch {
    return 'missing'
  }
  const read = await readBytes(path)
  return read.ok ? hash.update(read.bytes).digest('base64') : `unreadable: ${read.reason}`
}
