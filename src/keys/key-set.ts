import { identityOf } from './jwks.ts'
import type { VerificationKey } from './key-source.ts'
import { createVerificationKey, type HeldKey, type KeyMaterial } from './verification-key.ts'

/** The keys of one issuer over time: a key that stays keeps its identity, one that goes is retired. */
export interface KeySet {
  readonly keys: readonly VerificationKey[]
  /** Takes over a newer set; counts what came and what went. */
  replace(materials: readonly KeyMaterial[]): { readonly added: number; readonly removed: number }
  /** Retires every key, for good. */
  retireAll(): void
}

/** Creates an empty set. `isOver` says whether the set as a whole may no longer be used. */
export function createKeySet(isOver: () => boolean): KeySet {
  let held = new Map<string, HeldKey>()
  let keys: readonly HeldKey[] = []
  return {
    get keys() {
      return keys
    },
    replace(materials) {
      const next = new Map<string, HeldKey>()
      let added = 0
      for (const material of materials) {
        const identity = identityOf(material)
        const known = held.get(identity)
        if (known === undefined) added += 1
        next.set(identity, known ?? createVerificationKey(material, isOver))
      }
      let removed = 0
      for (const [identity, key] of held) {
        if (next.has(identity)) continue
        key.retire()
        removed += 1
      }
      held = next
      keys = [...next.values()]
      return { added, removed }
    },
    retireAll() {
      for (const key of keys) key.retire()
    },
  }
}
