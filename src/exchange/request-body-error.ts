import type { Denial } from '../errors/denial.ts'

/** Why the body of a request ended before its end. */
export type RequestBodyFailure = 'BODY_TOO_LARGE' | 'BODY_MALFORMED' | 'BODY_TIMEOUT' | 'CALLER_GONE'

/** What the stream of a request body is destroyed with. `denial` is the answer that the caller gets, if one can still be sent. */
export class RequestBodyError extends Error {
  readonly code: RequestBodyFailure
  readonly denial: Denial

  constructor(code: RequestBodyFailure, denial: Denial) {
    super(`request body: ${code}`)
    this.name = 'RequestBodyError'
    this.code = code
    this.denial = denial
  }
}
