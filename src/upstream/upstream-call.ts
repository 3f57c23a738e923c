import type { Duplex, Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Denial } from '../errors/denial.ts'
import type { Exchange, Outcome, Reply } from '../exchange/exchange.ts'
import { RequestBodyError } from '../exchange/request-body-error.ts'
import { codeOf, toFailureCode, toInterruption, toUpstreamDenial } from './failure.ts'
import type { AnswerContext, ResponseFields } from './field-hygiene.ts'
import { downstreamFields, isUnsendable } from './field-hygiene.ts'
import type { ConnectionState, PoolHandler, UpstreamPool } from './pool.ts'
import { openTunnel } from './tunnel.ts'

/** Interim answers (1xx) that an upstream may send before its final one; they are not passed on. */
export const MAX_INTERIM_ANSWERS = 16

/** Methods whose request may be sent a second time: safe ones (RFC 9110 section 9.2.1), and only without a body. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What one call needs that its exchange does not know. */
export interface CallParts {
  readonly pool: UpstreamPool
  readonly options: Dispatcher.DispatchOptions
  readonly answer: AnswerContext
  /** The opened body of the request, where it has one; also in `options`. */
  readonly body: Readable | undefined
}

const ABANDONED: Outcome = Object.freeze({ kind: 'abandoned' })

/**
 * One request on its way to an upstream and its answer on the way back: the handler that undici calls. One a request.
 * Settles exactly once, whatever undici, the caller and the body do, in whatever order; never throws into undici.
 */
export class UpstreamCall implements PoolHandler {
  connection: ConnectionState | undefined = undefined
  readonly #exchange: Exchange
  readonly #reply: Reply
  readonly #parts: CallParts
  #resolve: ((outcome: Outcome) => void) | undefined = undefined
  #controller: Dispatcher.DispatchController | undefined = undefined
  #bodyFailure: Error | undefined = undefined
  #tunnelled: Duplex | undefined = undefined
  #resume: (() => void) | undefined = undefined
  #settled = false
  #connected = false
  #answering = false
  #endsWithConnection = false
  #reused = false
  #retried = false
  #interim = 0
  #status = 0

  constructor(exchange: Exchange, reply: Reply, parts: CallParts) {
    this.#exchange = exchange
    this.#reply = reply
    this.#parts = parts
  }

  /** Sends the request; the promise says how the exchange ended and never rejects. Call once, after `pool.enter()`. */
  run(): Promise<Outcome> {
    const { pool, options, body } = this.#parts
    const outcome = new Promise<Outcome>(resolve => {
      this.#resolve = resolve
    })
    this.#reply.onAbandoned(() => this.#abandon())
    body?.on('error', failure => {
      this.#bodyFailure = failure
      this.#failed(failure)
    })
    if (!this.#settled) pool.dispatch(options, this)
    return outcome
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#connected = true
    const { connection } = this
    if (connection !== undefined) this.#reused = connection.requests++ > 0
    // The caller left, or the body broke, while the request waited for a connection.
    if (this.#settled) controller.abort(new Error('no longer wanted'))
  }

  onResponseStarted(): void {
    this.#answering = true
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    fields: ResponseFields,
    statusText?: string,
  ): void {
    if (this.#settled) return
    if (status < 200) {
      this.#interim += 1
      if (status < 100 || status === 101 || this.#interim > MAX_INTERIM_ANSWERS) {
        this.#refuse(controller, `status_${status}`)
      }
      return
    }
    const clean = downstreamFields(fields, status, this.#parts.answer, this.#exchange.id)
    if (clean === undefined) {
      this.#refuse(controller, 'fields')
      return
    }
    this.#status = status
    this.#endsWithConnection = fields['content-length'] === undefined && fields['transfer-encoding'] === undefined
    this.#reply.start(status, clean, printable(statusText))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#settled || this.#reply.write(chunk)) return
    controller.pause()
    this.#resume ??= () => this.#controller?.resume()
    this.#reply.onDrain(this.#resume)
  }

  onResponseEnd(): void {
    if (this.#settled) return
    // undici takes a reset for the proper end of an answer that has no other.
    const failure = this.#endsWithConnection ? this.connection?.failure : undefined
    if (failure !== undefined) {
      this.#failed(failure)
      return
    }
    this.#reply.end()
    this.#settle({ kind: 'replied', status: this.#status })
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    try {
      this.#failed(this.#bodyFailure ?? error)
    } catch (defect) {
      // undici would throw it at the whole process.
      this.#settle({ kind: 'denied', denial: { code: 'internal.defect', cause: defect } })
    }
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    fields: ResponseFields,
    socket: Duplex,
  ): void {
    const protocol = fields['upgrade']
    const clean = downstreamFields(fields, status, this.#parts.answer, this.#exchange.id)
    if (this.#settled || status !== 101 || typeof protocol !== 'string' || !this.#offered(protocol) || !clean) {
      socket.on('error', ignore).destroy()
      if (!this.#settled) this.#refuse(controller, 'upgrade')
      return
    }
    clean.push('connection', 'Upgrade', 'upgrade', protocol)
    this.#tunnelled = socket
    const caller = this.#reply.switchProtocols(clean)
    openTunnel(caller, socket, this.#parts.pool.silenceMs).then(() => this.#settle({ kind: 'replied', status: 101 }))
  }

  /** Tells whether the caller offered this protocol: a 101 must name one that was asked for (RFC 9110 section 7.8). */
  #offered(protocol: string): boolean {
    const offered = this.#exchange.head.upgrade
    const chosen = protocol.toLowerCase()
    return offered === chosen || (offered?.split(',').some(each => each.trim() === chosen) ?? false)
  }

  /** Gives up an answer that must not be passed on. */
  #refuse(controller: Dispatcher.DispatchController, reason: string): void {
    this.#end({ code: 'upstream.protocol', facts: { upstream: this.#parts.pool.origin, reason } })
    controller.abort(new Error(`unusable answer: ${reason}`))
  }

  /** Ends the call after a failure of the upstream or of the request's body. */
  #failed(error: Error): void {
    if (this.#settled) return
    if (error === this.#bodyFailure) {
      this.#bodyFailed(error)
      return
    }
    if (this.#mayRetry(error)) {
      this.#retried = true
      this.#connected = false
      // Not at once: undici is still taking the broken connection apart.
      queueMicrotask(() => {
        if (!this.#settled) this.#parts.pool.dispatch(this.#parts.options, this)
      })
      return
    }
    const { origin } = this.#parts.pool
    if (this.#reply.headSent) this.#end(toInterruption(error, origin))
    else if (codeOf(error) === 'UND_ERR_INVALID_ARG' && this.#callerSentUnsendable()) {
      this.#end({ code: 'request.malformed', facts: { reason: 'field_value' } })
    } else this.#end(toUpstreamDenial(error, this.#connected, origin))
  }

  /** A body breaks only on the caller's side: it outgrew a limit, or its sender is gone. */
  #bodyFailed(error: Error): void {
    if (error instanceof RequestBodyError && error.code !== 'CALLER_GONE') this.#end(error.denial)
    else this.#settle(ABANDONED)
    this.#controller?.abort(error)
  }

  /**
   * Says whether the request may be sent again, once: it was written to a kept connection that the upstream was just closing,
   * no byte came back, and sending it twice does no harm (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1).
   */
  #mayRetry(error: Error): boolean {
    const { options, body } = this.#parts
    if (!this.#reused || this.#answering || this.#retried || body !== undefined || options.upgrade) return false
    return SAFE_METHODS.has(options.method) && toFailureCode(error, this.#connected) === 'upstream.reset'
  }

  #callerSentUnsendable(): boolean {
    return this.#exchange.head.fields.lines.some(isUnsendable)
  }

  /** Settles with a denial: as an answer, or by a visible cut where the head is out (RFC 9112 section 8). */
  #end(denial: Denial): void {
    if (this.#reply.headSent) {
      this.#settle({ kind: 'broken', denial, afterStatus: this.#status })
      this.#reply.cut()
    } else this.#settle({ kind: 'denied', denial })
  }

  #abandon(): void {
    if (this.#tunnelled !== undefined) {
      this.#tunnelled.destroy()
      return
    }
    if (this.#settled) return
    this.#settle(ABANDONED)
    this.#controller?.abort(new Error('the caller left'))
  }

  #settle(outcome: Outcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#parts.pool.leave()
    const { body } = this.#parts
    if (outcome.kind !== 'replied' && body !== undefined && !body.destroyed) body.destroy()
    this.#resolve?.(outcome)
  }
}

function ignore(): void {}

/** A reason phrase that may be passed on, or undefined; it has no meaning (RFC 9112 section 4). */
function printable(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= 128 && /^[\t\x20-\x7e]*$/.test(text) ? text : undefined
}
