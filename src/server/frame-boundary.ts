/** Largest frame header: two bytes, eight of length, four of mask (RFC 6455 section 5.2). */
const MAX_HEADER = 14

/**
 * Follows the frames of one direction of a WebSocket without reading them: it knows where one ends and the next begins, and that
 * is where a frame of our own may be put (RFC 6455 section 5.4 allows control frames between the parts of a message).
 * What is no WebSocket leads to nonsense here, and nowhere to harm.
 */
export class FrameBoundary {
  /** Bytes of the frame's payload that are still to come; counted in doubles, for no frame beyond 2^53 ends while anybody waits. */
  #payload = 0
  readonly #header = new Uint8Array(MAX_HEADER)
  #headerBytes = 0

  /** True where the last byte that was followed ended a frame, or none has come. */
  get isHere(): boolean {
    return this.#payload === 0 && this.#headerBytes === 0
  }

  /** Follows a part of the direction; with `toBoundary` at most to the end of the first frame that ends in it. Returns the bytes followed. */
  follow(chunk: Uint8Array, toBoundary: boolean): number {
    let at = 0
    while (at < chunk.length) {
      if (this.#payload > 0) {
        const step = Math.min(this.#payload, chunk.length - at)
        this.#payload -= step
        at += step
      } else {
        this.#takeHeaderByte(chunk[at] as number)
        at += 1
      }
      if (toBoundary && this.isHere) break
    }
    return at
  }

  #takeHeaderByte(byte: number): void {
    const header = this.#header
    header[this.#headerBytes] = byte
    this.#headerBytes += 1
    if (this.#headerBytes < 2) return
    const second = header[1] as number
    const short = second & 0x7f
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
    if (this.#headerBytes < 2 + lengthBytes + ((second & 0x80) === 0 ? 0 : 4)) return
    let payload = lengthBytes === 0 ? short : 0
    for (let i = 0; i < lengthBytes; i++) payload = payload * 256 + (header[2 + i] as number)
    this.#payload = payload
    this.#headerBytes = 0
  }
}
