import type { Snapshot } from './snapshot.ts'

/**
 * A snapshot and how many exchanges still read it. An exchange leases the current one at its start and releases it at its end;
 * a snapshot that was replaced is retired when its last lease returns.
 */
export class SnapshotLease {
  readonly snapshot: Snapshot
  #leases = 0
  #replaced = false
  readonly #onRetired: (snapshot: Snapshot) => void

  constructor(snapshot: Snapshot, onRetired: (snapshot: Snapshot) => void) {
    this.snapshot = snapshot
    this.#onRetired = onRetired
  }

  /** Number of exchanges that read this snapshot. */
  get leases(): number {
    return this.#leases
  }

  take(): this {
    this.#leases += 1
    return this
  }

  release(): void {
    this.#leases -= 1
    if (this.#replaced && this.#leases === 0) this.#onRetired(this.snapshot)
  }

  /** Says that no new exchange will take it. */
  replace(): void {
    this.#replaced = true
    if (this.#leases === 0) this.#onRetired(this.snapshot)
  }
}

/** The one variable that the configuration arm and the request arm share. */
export interface SnapshotHolder {
  /** Leases the current snapshot; the caller must `release()` what it got, exactly once. */
  lease(): SnapshotLease
  /** The current snapshot, for readers that need no lease (status pages). */
  current(): Snapshot
  /** Puts the next snapshot in force, in one assignment; the old one is retired when its last lease returns. */
  swap(next: Snapshot): void
  /** Retires the current snapshot; resolves when every snapshot's resources are given back. */
  close(): Promise<void>
}

/** Creates a holder of the first snapshot. `onDefect` is told where giving resources back failed: nobody waits for that. */
export function createSnapshotHolder(first: Snapshot, onDefect: (cause: unknown) => void): SnapshotHolder {
  const retiring = new Set<Promise<void>>()
  const open = new Set<SnapshotLease>()
  let whenEmpty: (() => void) | undefined

  const retire = (lease: () => SnapshotLease) => (snapshot: Snapshot) => {
    open.delete(lease())
    const done: Promise<void> = snapshot
      .retire()
      .catch(onDefect)
      .finally(() => retiring.delete(done))
    retiring.add(done)
    if (open.size === 0) whenEmpty?.()
  }
  const hold = (snapshot: Snapshot): SnapshotLease => {
    const lease: SnapshotLease = new SnapshotLease(
      snapshot,
      retire(() => lease),
    )
    open.add(lease)
    return lease
  }

  let current = hold(first)
  return {
    lease: () => current.take(),
    current: () => current.snapshot,
    swap(next) {
      const previous = current
      current = hold(next)
      previous.replace()
    },
    async close() {
      const empty = new Promise<void>(resolve => {
        whenEmpty = resolve
      })
      current.replace()
      if (open.size > 0) await empty
      await Promise.all(retiring)
    },
  }
}
