import type { LimitsSettings, ListenAddress } from '../settings/model.ts'
import type { Listener, ListenerKind } from './listener.ts'
import type { ServerTls } from './tls.ts'

/** A listener that settings ask for. */
export interface WantedListener {
  readonly kind: ListenerKind
  readonly address: ListenAddress
  readonly limits: LimitsSettings
  readonly tls: ServerTls | undefined
}

/** Why a listener could not be opened. */
export interface ListenFailure {
  readonly kind: ListenerKind
  readonly address: ListenAddress
  /** The system's error code: `EADDRINUSE`, `EACCES`, … */
  readonly code: string
}

/** New listeners that already accept, beside the old ones. */
export interface PreparedListeners {
  /** Takes new limits and certificates over and lets go of what is not wanted any more, without breaking a request. */
  commit(): void
  /** Closes what was opened and takes nothing over. */
  discard(): Promise<void>
}

export type OpenListener = (wanted: WantedListener) => Promise<Listener>

interface OpenedListener {
  readonly wanted: WantedListener
  readonly listener: Listener
}

type Prepared =
  | { readonly ok: true; readonly value: PreparedListeners }
  | { readonly ok: false; readonly error: ListenFailure }

/**
 * The listeners in force. A change opens the new ones first, so that nobody is refused on those that stay; only an address that
 * overlaps the one it replaces (another host on the same port) has to wait for the old one to let go.
 */
export class ListenerSet {
  readonly #open: OpenListener
  #current: readonly OpenedListener[] = []
  readonly #leaving = new Set<Promise<void>>()

  constructor(open: OpenListener) {
    this.#open = open
  }

  list(): readonly Listener[] {
    return this.#current.map(({ listener }) => listener)
  }

  /** Opens what is wanted and not open yet. On failure the old listeners are in force, as before. */
  async prepare(wanted: readonly WantedListener[]): Promise<Prepared> {
    const keys = new Set(wanted.map(keyOf))
    const kept = new Map(this.#current.map(one => [keyOf(one.wanted), one.listener]))
    const leaving = this.#current.filter(one => !keys.has(keyOf(one.wanted)))
    const next: OpenedListener[] = []
    const opened: Listener[] = []
    const closeOpened = async (): Promise<void> => {
      await Promise.all(opened.map(listener => listener.close()))
    }
    for (const one of wanted) {
      const known = kept.get(keyOf(one))
      const listener = known ?? (await this.#tryOpen(one, leaving))
      if ('code' in listener) {
        await closeOpened()
        return { ok: false, error: listener }
      }
      if (known === undefined) opened.push(listener)
      next.push({ wanted: one, listener })
    }
    const commit = (): void => {
      for (const { wanted: one, listener } of next) listener.update(one.limits, one.tls)
      this.#current = next
      for (const { listener } of leaving) this.#letGo(listener)
    }
    return { ok: true, value: { commit, discard: closeOpened } }
  }

  /** Stops accepting on the listeners of these kinds; resolves when their connections are gone. */
  async drain(kinds: readonly ListenerKind[]): Promise<void> {
    await Promise.all(
      this.list()
        .filter(({ kind }) => kinds.includes(kind))
        .map(listener => listener.drain()),
    )
    await Promise.all(this.#leaving)
  }

  /** Destroys what is left. */
  async close(): Promise<void> {
    await Promise.all(this.list().map(listener => listener.close()))
  }

  async #tryOpen(wanted: WantedListener, leaving: readonly OpenedListener[]): Promise<Listener | ListenFailure> {
    const fail = (error: unknown): ListenFailure => ({
      kind: wanted.kind,
      address: wanted.address,
      code: codeOf(error),
    })
    try {
      return await this.#open(wanted)
    } catch (error) {
      const { port } = wanted.address
      const inTheWay = leaving.filter(one => port !== 0 && one.wanted.address.port === port)
      if (codeOf(error) !== 'EADDRINUSE' || inTheWay.length === 0) return fail(error)
      for (const { listener } of inTheWay) this.#letGo(listener)
      try {
        return await this.#open(wanted)
      } catch (again) {
        await this.#reopen(inTheWay)
        return fail(again)
      }
    }
  }

  /** Puts back what had to let go for nothing. */
  async #reopen(listeners: readonly OpenedListener[]): Promise<void> {
    for (const { wanted, listener } of listeners) {
      const again = await this.#open(wanted).catch(() => undefined)
      if (again === undefined) continue
      this.#current = this.#current.map(one => (one.listener === listener ? { wanted, listener: again } : one))
    }
  }

  #letGo(listener: Listener): void {
    const gone = listener.drain().finally(() => this.#leaving.delete(gone))
    this.#leaving.add(gone)
  }
}

function keyOf({ kind, address }: Pick<WantedListener, 'kind' | 'address'>): string {
  return JSON.stringify([kind, address.host ?? '', address.port])
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
}
