import { nearest } from '../diagnostics/did-you-mean.ts'
import type { Cursor } from './cursor.ts'

/** Tells whether one of these keys is there under a misspelled name: that is reported, and what follows from it need not be. */
export function isMisspelled(block: Cursor, keys: readonly string[]): boolean {
  return block.keys().some(key => nearest(key, keys) !== undefined)
}
