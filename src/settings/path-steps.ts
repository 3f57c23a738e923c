import { lstat, readlink } from 'node:fs/promises'
import { dirname, join, parse, resolve, sep } from 'node:path'

/** More links than this are a circle, as for the system itself. */
const MAX_LINKS = 40

/** How a path is reached. */
export interface FollowedPath {
  /**
   * Every path whose change can change what is reached: the links on the way, the file itself, the first missing part; `FOLDER/*` for all
   * entries of a folder that is itself the target.
   */
  readonly steps: readonly string[]
  /** The existing real folders that hold those: what to watch. */
  readonly folders: readonly string[]
}

/** Follows a path link by link. Never throws; what cannot be read ends the way. */
export async function followPath(path: string): Promise<FollowedPath> {
  const steps = new Set<string>()
  const folders = new Set<string>()
  let links = 0
  let rest = split(resolve(path))
  let at = parse(resolve(path)).root
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const next = join(at, name)
    steps.add(next)
    const kind = await kindOf(next)
    if (kind === 'missing') {
      folders.add(at)
      return { steps: [...steps], folders: [...folders] }
    }
    if (kind === 'link') {
      folders.add(at)
      const target = await readlink(next).catch(() => undefined)
      if (target === undefined || ++links > MAX_LINKS) break
      const absolute = resolve(at, target)
      at = parse(absolute).root
      rest = [...split(absolute), ...rest]
      continue
    }
    at = next
    if (rest.length > 0) continue
    folders.add(dirname(next))
    if (kind === 'folder') {
      folders.add(next)
      steps.add(`${next}/*`)
    }
  }
  return { steps: [...steps], folders: [...folders] }
}

function split(path: string): string[] {
  return path.split(sep).filter(part => part !== '' && part !== parse(path).root)
}

async function kindOf(path: string): Promise<'missing' | 'link' | 'folder' | 'file'> {
  try {
    const stats = await lstat(path)
    if (stats.isSymbolicLink()) return 'link'
    return stats.isDirectory() ? 'folder' : 'file'
  } catch {
    return 'missing'
  }
}
