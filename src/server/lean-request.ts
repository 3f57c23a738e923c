import { type IncomingHttpHeaders, IncomingMessage } from 'node:http'

const NO_FIELDS: IncomingHttpHeaders = Object.freeze({})

/**
 * Node's request without its `headers` object, which costs more than all our checks, keeps one of several equal names, and is asked
 * by Node for nothing but `Expect`. Everything else reads `rawHeaders`.
 */
export class LeanRequest extends IncomingMessage {}

Object.defineProperty(LeanRequest.prototype, 'headers', {
  get(this: LeanRequest): IncomingHttpHeaders {
    const { rawHeaders } = this
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] ?? ''
      if (name.length === 6 && name.toLowerCase() === 'expect') return { expect: rawHeaders[i + 1] ?? '' }
    }
    return NO_FIELDS
  },
})
