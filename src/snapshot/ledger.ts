/**
 * What outlives a snapshot: pools and key sets, borrowed by a key made of their settings and counted by the snapshots
 * that hold them. Unchanged ones survive a swap warm; the last page that returns one closes it.
 */

export interface Closable {
  close(): Promise<void>
}

/** What one snapshot has borrowed. */
export interface LedgerPage {
  /** Returns the value of this key, made by `make` if nobody holds it yet. A page counts a key once. */
  borrow<T extends Closable>(key: string, make: () => T): T
  /** Gives everything back, once; resolves when what nobody else holds is closed. */
  giveBack(): Promise<void>
}

export interface Ledger {
  openPage(): LedgerPage
  /** Number of values in use: zero once every snapshot is gone. */
  size(): number
}

interface Entry {
  readonly value: Closable
  holders: number
}

/** Creates an empty ledger. */
export function createLedger(): Ledger {
  const entries = new Map<string, Entry>()

  const release = async (key: string): Promise<void> => {
    const entry = entries.get(key)
    if (entry === undefined) return
    entry.holders -= 1
    if (entry.holders > 0) return
    entries.delete(key)
    await entry.value.close()
  }

  const openPage = (): LedgerPage => {
    const held = new Map<string, Closable>()
    return {
      borrow<T extends Closable>(key: string, make: () => T): T {
        const mine = held.get(key)
        // The key says which maker was used, so the value has the maker's type.
        if (mine !== undefined) return mine as T
        let entry = entries.get(key)
        if (entry === undefined) {
          entry = { value: make(), holders: 0 }
          entries.set(key, entry)
        }
        entry.holders += 1
        held.set(key, entry.value)
        return entry.value as T
      },
      async giveBack(): Promise<void> {
        const keys = [...held.keys()]
        held.clear()
        await Promise.all(keys.map(release))
      },
    }
  }

  return { openPage, size: () => entries.size }
}
