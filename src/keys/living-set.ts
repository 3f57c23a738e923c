import type { Clock } from '../clock/clock.ts'
import type { Logger } from '../log/logger.ts'
import { parseJwks } from './jwks-file.ts'
import { createKeySet } from './key-set.ts'
import type { VerificationKey } from './key-source.ts'
import { createKeyObservatory, type KeyObservatory } from './observatory.ts'
import { UnknownKids } from './unknown-kids.ts'

/** The keys of one issuer as they come and go: the set in force, what was seen of it, and what was asked for in vain. */
export class LivingSet {
  readonly observatory: KeyObservatory
  readonly unknown = new UnknownKids()
  readonly #authServer: string
  readonly #logger: Logger
  readonly #set: ReturnType<typeof createKeySet>
  #body: Uint8Array | undefined
  #droppedBefore = ''

  /** `isOver` says whether the set as a whole may no longer be used. */
  constructor(authServer: string, parts: { readonly clock: Clock; readonly logger: Logger }, isOver: () => boolean) {
    this.#authServer = authServer
    this.#logger = parts.logger
    this.#set = createKeySet(isOver)
    this.observatory = createKeyObservatory(authServer, parts)
  }

  get keys(): readonly VerificationKey[] {
    return this.#set.keys
  }

  /** The octets that the present set was imported from. */
  get body(): Uint8Array | undefined {
    return this.#body
  }

  /** Makes the octets of a JWK Set the set in force; returns a few words, and changes nothing, where it has no usable key. */
  take(body: Uint8Array): string | undefined {
    if (body === this.#body) return undefined
    const imported = parseJwks(body)
    if (typeof imported === 'string') return imported
    const { added, removed } = this.#set.replace(imported.keys)
    if (added + removed > 0) this.unknown.clear()
    this.#body = body
    const summary = JSON.stringify(imported.dropped)
    if (imported.dropped.length > 0 && summary !== this.#droppedBefore)
      this.#logger.warn(
        { authServer: this.#authServer, dropped: imported.dropped },
        'keys of an auth server cannot be used',
      )
    this.#droppedBefore = summary
    return undefined
  }

  /** Retires every key, for good. */
  retireAll(): void {
    this.#set.retireAll()
  }
}
