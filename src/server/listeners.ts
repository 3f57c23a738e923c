import type { Http2Settings, LimitsSettings, ListenAddress } from '../settings/model.ts'
import type { Listener, ListenerKind } from './listener.ts'
import type { ServerTls } from './tls.ts'

/** A listener that settings ask for. */
export interface WantedListener {
  readonly kind: ListenerKind
  readonly address: ListenAddress
  readonly limits: LimitsSettings
  readonly tls: ServerTls | undefined
  /** Undefined where HTTP/2 is never spoken. */
  readonly http2?: Http2Settings | undefined
}

/** Why a listener could not be opened. */
export interface ListenFailure {
  readonly kind: ListenerKind
  readonly address: ListenAddress
  /** The system's error code: `EADDRINUSE`, `EACCES`, … */
  readonly code: string
}

/** New listeners that already accept, beside the old ones. Their requests wait for `commit`: nothing new is judged by old rules. */
export interface PreparedListeners {
  /** Takes new limits and certificates over and lets go of what is not wanted any more, without breaking a request. */
  commit(): void
  /** Closes what was opened, opens again what had to make room, and takes nothing over. */
  discard(): Promise<void>
}

/** Opens a listener whose requests wait for `inForce`. Rejects with the system's error. */
export type OpenListener = (wanted: WantedListener, inForce: Promise<void>) => Promise<Listener>

interface OpenedListener {
  readonly wanted: WantedListener
  readonly listener: Listener
}

/** What one `prepare` has done so far. */
interface Attempt {
  readonly leaving: readonly OpenedListener[]
  readonly inForce: Promise<void>
  /** What will be in force: kept listeners and new ones. */
  readonly next: Map<WantedListener, Listener>
  readonly opened: Listener[]
  /** Those of `leaving` that made room before everything new was open. */
  readonly displaced: OpenedListener[]
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
  readonly #onLost: (failure: ListenFailure) => void
  #current: readonly OpenedListener[] = []
  readonly #leaving = new Map<Listener, Promise<void>>()

  /** @param onLost told where a listener made room for nothing and cannot be opened again: it is gone until a later change. */
  constructor(open: OpenListener, onLost: (failure: ListenFailure) => void) {
    this.#open = open
    this.#onLost = onLost
  }

  list(): readonly Listener[] {
    return this.#current.map(({ listener }) => listener)
  }

  /** Opens what is wanted and not open yet, one call at a time. On failure the old listeners are in force, as before. */
  async prepare(wanted: readonly WantedListener[]): Promise<Prepared> {
    const { promise: inForce, resolve: putInForce } = Promise.withResolvers<void>()
    const attempt = this.#begin(wanted, inForce)
    // What needs room comes last: most failures then happen while nobody had to make any.
    for (const mayMakeRoom of [false, true]) {
      for (const one of wanted) {
        const failure = attempt.next.has(one) ? undefined : await this.#tryOpen(one, attempt, mayMakeRoom)
        if (failure === undefined) continue
        await this.#takeBack(attempt)
        return { ok: false, error: failure }
      }
    }
    const commit = (): void => {
      this.#commit(wanted, attempt)
      putInForce()
    }
    return { ok: true, value: { commit, discard: () => this.#takeBack(attempt) } }
  }

  /** Stops accepting on the listeners of these kinds; resolves when their connections are gone. */
  async drain(kinds: readonly ListenerKind[]): Promise<void> {
    await Promise.all(
      this.list()
        .filter(({ kind }) => kinds.includes(kind))
        .map(listener => listener.drain()),
    )
    await Promise.all(this.#leaving.values())
  }

  /** Destroys what is left, on listeners that were let go as well. */
  async close(): Promise<void> {
    await Promise.all([...this.list(), ...this.#leaving.keys()].map(listener => listener.close()))
  }

  #begin(wanted: readonly WantedListener[], inForce: Promise<void>): Attempt {
    const byKey = new Map(wanted.map(one => [keyOf(one), one]))
    const next = new Map<WantedListener, Listener>()
    const leaving: OpenedListener[] = []
    for (const one of this.#current) {
      const kept = byKey.get(keyOf(one.wanted))
      if (kept === undefined) leaving.push(one)
      else next.set(kept, one.listener)
    }
    return { leaving, inForce, next, opened: [], displaced: [] }
  }

  /** Opens a listener, or leaves it for later where that needs room that may not be made yet. */
  async #tryOpen(wanted: WantedListener, attempt: Attempt, mayMakeRoom: boolean): Promise<ListenFailure | undefined> {
    const { leaving, displaced, opened, next, inForce } = attempt
    const inTheWay = leaving.filter(one => isOnPort(one, wanted) && !displaced.includes(one))
    if (mayMakeRoom) {
      for (const one of inTheWay) this.#letGo(one.listener)
      displaced.push(...inTheWay)
    }
    try {
      const listener = await this.#open(wanted, inForce)
      opened.push(listener)
      next.set(wanted, listener)
      return undefined
    } catch (error) {
      const code = codeOf(error)
      const isForLater = !mayMakeRoom && code === 'EADDRINUSE' && inTheWay.length > 0
      return isForLater ? undefined : { kind: wanted.kind, address: wanted.address, code }
    }
  }

  #commit(wanted: readonly WantedListener[], { next, leaving, displaced }: Attempt): void {
    for (const [{ limits, tls, http2 }, listener] of next) listener.update(limits, tls, http2)
    this.#current = wanted.flatMap(one => {
      const listener = next.get(one)
      return listener === undefined ? [] : [{ wanted: one, listener }]
    })
    for (const one of leaving) if (!displaced.includes(one)) this.#letGo(one.listener)
  }

  async #takeBack({ opened, displaced }: Attempt): Promise<void> {
    await Promise.all(opened.map(listener => listener.close()))
    for (const one of displaced) {
      const { wanted } = one
      const again = await this.#open(wanted, Promise.resolve()).catch((error: unknown) => {
        this.#onLost({ kind: wanted.kind, address: wanted.address, code: codeOf(error) })
      })
      this.#current = this.#current.flatMap(other => {
        if (other !== one) return [other]
        return again === undefined ? [] : [{ wanted, listener: again }]
      })
    }
  }

  #letGo(listener: Listener): void {
    const gone = listener.drain().finally(() => this.#leaving.delete(listener))
    this.#leaving.set(listener, gone)
  }
}

function isOnPort({ listener }: OpenedListener, { address }: WantedListener): boolean {
  return listener.address().port === address.port
}

/** Whether client certificates are asked for is fixed when a listener is opened; everything else of TLS can change on it. */
function keyOf({ kind, address, tls }: WantedListener): string {
  return JSON.stringify([kind, address.host ?? '', address.port, tls?.requestCert, tls?.rejectUnauthorized])
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
}
