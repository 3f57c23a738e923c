import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Finding } from '../diagnostics/problem.ts'
import type { Inspection } from './inspection.ts'
import { absolutePath } from './named-files.ts'

/** Says whether the state folder, or the folder that it will be made in, can be written. Writes nothing. */
export function checkStateFolder({ root, document }: Inspection): readonly Finding[] {
  const place = root.at('state_dir')
  if (place.text === undefined) return []
  let folder = absolutePath(document, place.pointer, place.text)
  for (;;) {
    const verdict = judge(folder)
    if (verdict === 'usable') return []
    const parent = dirname(folder)
    if (verdict !== 'missing' || parent === folder) {
      return [
        {
          code: 'config.unusable',
          severity: 'warning',
          message: `\`state_dir\` cannot be used: ${folder} ${verdict === 'missing' ? 'does not exist' : verdict}`,
          pointer: place.pointer,
          help: 'name a folder that the gateway may write',
        },
      ]
    }
    folder = parent
  }
}

function judge(folder: string): 'usable' | 'missing' | 'is not a folder' | 'cannot be written' {
  try {
    const stats = statSync(folder, { throwIfNoEntry: false })
    if (stats === undefined) return 'missing'
    if (!stats.isDirectory()) return 'is not a folder'
    accessSync(folder, constants.W_OK | constants.X_OK)
    return 'usable'
  } catch {
    return 'cannot be written'
  }
}
