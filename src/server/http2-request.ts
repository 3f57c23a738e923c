import type { ServerHttp2Stream } from 'node:http2'

/** The pseudo-header fields that a request may have (RFC 9113 section 8.3.1). */
type PseudoName = ':method' | ':scheme' | ':authority' | ':path'

/**
 * A request as it came on an HTTP/2 stream, with its pseudo-header fields and its field lines apart. What is wrong with the form of the
 * list is noted, not thrown: `http2-head.ts` refuses it.
 */
export class Http2Request {
  readonly httpVersion = '2.0'
  readonly stream: ServerHttp2Stream
  /** True where the head ended the request: there is no body. */
  readonly isComplete: boolean
  /** Name, value, name, value, … of the fields, in order, without pseudo-header fields; all cookie crumbs are one line. */
  readonly rawHeaders: readonly string[]
  /** Field lines as they came, cookie crumbs counted one by one. */
  readonly lineCount: number
  /** Why the list is malformed; undefined where it is not. */
  readonly fault: string | undefined
  /** True once the answer is complete on our side. */
  isAnswered = false
  /** True where the stream was reset by us for a reason of ours. */
  isCutHere = false
  readonly #pseudo: Partial<Record<PseudoName, string>> = Object.create(null)

  /** @param list name, value, name, value, … as Node hands it over with the `stream` event */
  constructor(stream: ServerHttp2Stream, list: readonly string[], isComplete: boolean) {
    this.stream = stream
    this.isComplete = isComplete
    const lines: string[] = []
    let cookieAt = -1
    let fault: string | undefined
    let count = 0
    for (let i = 0; i + 1 < list.length; i += 2) {
      const name = list[i] as string
      const value = list[i + 1] as string
      if (name.charCodeAt(0) === 0x3a) {
        // RFC 9113 section 8.3: each once, none unknown, all before the first field.
        fault ??= count > 0 ? 'pseudo_field_late' : this.#takePseudo(name, value)
        continue
      }
      count++
      if (name === 'cookie' && cookieAt >= 0) {
        // RFC 9113 section 8.2.3: crumbs are one value for everybody who does not speak HTTP/2.
        lines[cookieAt] = `${lines[cookieAt]}; ${value}`
        continue
      }
      if (name === 'cookie') cookieAt = lines.length + 1
      lines.push(name, value)
    }
    this.rawHeaders = lines
    this.lineCount = count
    this.fault = fault
  }

  get method(): string | undefined {
    return this.#pseudo[':method']
  }

  get scheme(): string | undefined {
    return this.#pseudo[':scheme']
  }

  get authority(): string | undefined {
    return this.#pseudo[':authority']
  }

  /** The `:path`: path and query, or `*`. */
  get target(): string | undefined {
    return this.#pseudo[':path']
  }

  #takePseudo(name: string, value: string): string | undefined {
    switch (name) {
      case ':method':
      case ':scheme':
      case ':authority':
      case ':path':
        if (this.#pseudo[name] !== undefined) return 'pseudo_field_repeated'
        this.#pseudo[name] = value
        return undefined
      default:
        return 'pseudo_field_unknown'
    }
  }
}
