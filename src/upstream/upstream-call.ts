import type { Duplex, Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { ErrorCode } from '../errors/catalogue.ts'
import type { Denial } from '../errors/denial.ts'
import type { Exchange, Outcome, Reply } from '../exchange/exchange.ts'
import { RequestBodyError } from '../exchange/request-body-error.ts'
import type { Verdict } from './circuit-breaker.ts'
import type { Destinations } from './destinations.ts'
import { codeOf, toFailureCode, toInterruption, toUpstreamDenial, UpstreamFault } from './failure.ts'
import type { AnswerContext, ResponseFields } from './field-hygiene.ts'
import { downstreamFields, isUnsendable } from './field-hygiene.ts'
import type { Place } from './place.ts'
import type { ConnectionState, PoolHandler } from './pool.ts'
import { isFailureStatus, isOfTheTarget, mayRepeat } from './retry-rule.ts'
import { cleanTrailers } from './trailers.ts'
import { openTunnel } from './tunnel.ts'

/** Interim answers (1xx) that an upstream may send before its final one; they are not passed on. */
export const MAX_INTERIM_ANSWERS = 16

/** What one call needs that its exchange does not know. */
export interface CallParts {
  /** Where the request goes first; counted in there already. */
  readonly place: Place
  /** Chooses where it goes if that fails, and hears how it ended. */
  readonly destinations: Destinations
  readonly options: Dispatcher.DispatchOptions
  readonly answer: AnswerContext
  /** The opened body of the request, where it has one; also in `options`. */
  readonly body: Readable | undefined
}

const NONE: readonly string[] = Object.freeze([])
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
  #place: Place
  #resolve: ((outcome: Outcome) => void) | undefined = undefined
  #controller: Dispatcher.DispatchController | undefined = undefined
  #bodyFailure: Error | undefined = undefined
  #tunnelled: Duplex | undefined = undefined
  #resume: (() => void) | undefined = undefined
  #settled = false
  #connected = false
  #answering = false
  #endsWithConnection = false
  #retried = false
  #judged = false
  #interim = 0
  #status = 0

  constructor(exchange: Exchange, reply: Reply, parts: CallParts) {
    this.#exchange = exchange
    this.#reply = reply
    this.#parts = parts
    this.#place = parts.place
  }

  /** Sends the request; the promise says how the exchange ended and never rejects. Call once. */
  run(): Promise<Outcome> {
    const { options, body } = this.#parts
    const outcome = new Promise<Outcome>(resolve => {
      this.#resolve = resolve
    })
    this.#reply.onAbandoned(() => this.#abandon())
    body?.on('error', failure => {
      this.#bodyFailure = failure
      this.#failed(failure)
    })
    if (!this.#settled) this.#place.pool.dispatch(options, this)
    return outcome
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#connected = true
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
    if (isFailureStatus(status)) this.#judge('failed', `status ${status}`)
    else this.#judge('ok', '')
    this.#endsWithConnection = fields['content-length'] === undefined && fields['transfer-encoding'] === undefined
    this.#reply.start(status, clean, printable(statusText))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#settled || this.#reply.write(chunk)) return
    controller.pause()
    this.#resume ??= () => this.#controller?.resume()
    this.#reply.onDrain(this.#resume)
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: ResponseFields): void {
    if (this.#settled) return
    // undici takes a reset for the proper end of an answer that has no other.
    const failure = this.#endsWithConnection ? this.connection?.failure : undefined
    if (failure !== undefined) {
      this.#failed(failure)
      return
    }
    // HTTP/1.1 callers get none, so theirs are not looked at.
    const clean = this.#exchange.head.httpVersion === '2.0' ? cleanTrailers(trailers, this.#parts.answer.rules) : NONE
    if (clean === undefined) {
      this.#failed(new UpstreamFault('UNUSABLE_TRAILERS'))
      return
    }
    this.#reply.end(clean)
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
    this.#judge('ok', '')
    clean.push('connection', 'Upgrade', 'upgrade', protocol)
    this.#tunnelled = socket
    const caller = this.#reply.switchProtocols(clean)
    openTunnel(caller, socket, this.#place.pool.silenceMs).then(() => this.#settle({ kind: 'replied', status: 101 }))
  }

  /** Tells whether the caller offered this protocol: a 101 must name one that was asked for (RFC 9110 section 7.8). */
  #offered(protocol: string): boolean {
    const offered = this.#exchange.head.upgrade
    const chosen = protocol.toLowerCase()
    return offered === chosen || (offered?.split(',').some(each => each.trim() === chosen) ?? false)
  }

  /** Gives up an answer that must not be passed on. */
  #refuse(controller: Dispatcher.DispatchController, reason: string): void {
    this.#judge('failed', reason)
    this.#end({ code: 'upstream.protocol', facts: { upstream: this.#place.pool.origin, reason } })
    controller.abort(new Error(`unusable answer: ${reason}`))
  }

  /** Ends the call after a failure of the upstream or of the request's body. */
  #failed(error: Error): void {
    if (this.#settled) return
    if (error === this.#bodyFailure) {
      this.#bodyFailed(error)
      return
    }
    const code = toFailureCode(error, this.#connected)
    if (this.#tryAgain(code)) return
    this.#judge(isOfTheTarget(code) ? 'failed' : 'none', code)
    const { origin } = this.#place.pool
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

  /** Sends the request once more where that is allowed, to another target where there is one. */
  #tryAgain(code: ErrorCode): boolean {
    const { options, body, destinations } = this.#parts
    if (this.#retried || this.#reply.headSent) return false
    const attempt = {
      method: options.method,
      hasBody: body !== undefined,
      isUpgrade: Boolean(options.upgrade),
      connected: this.#connected,
      answering: this.#answering,
    }
    if (!mayRepeat(attempt, code)) return false
    const place = destinations.takeAgain(this.#exchange, this.#place, code)
    if (place === undefined) return false
    this.#place = place
    this.#retried = true
    this.#connected = false
    this.#controller = undefined
    const again = { ...options, path: destinations.targetOf(place, this.#exchange) }
    // Not at once: undici is still taking the broken connection apart.
    queueMicrotask(() => {
      if (!this.#settled) place.pool.dispatch(again, this)
    })
    return true
  }

  /** Says what this call tells about its target and the service, once. */
  #judge(verdict: Verdict, reason: string): void {
    if (this.#judged) return
    this.#judged = true
    this.#parts.destinations.judge(this.#exchange, this.#place, verdict, reason)
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
    this.#judge('none', '')
    // Who left must not take the place in the line of somebody who waits.
    if (!this.#connected) this.#place.pool.withdraw(this)
    this.#parts.destinations.leave(this.#place)
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
