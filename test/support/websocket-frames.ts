/** Frames of WebSockets as bytes (RFC 6455 section 5.2), for tests that look at where one ends. */

/** Makes a binary frame with a payload of so many bytes. */
export function makeFrame(size: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0
  const length =
    size < 126 ? [mask | size] : size < 65_536 ? [mask | 126, size >> 8, size & 0xff] : longLength(size, mask)
  return Buffer.concat([Buffer.from([0x82, ...length]), Buffer.alloc(isMasked ? 4 : 0, 1), Buffer.alloc(size, 7)])
}

function longLength(size: number, mask: number): number[] {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(size))
  return [mask | 127, ...bytes]
}

/** The close frame of a server. */
export function closeFrame(code: number, reason: string): Buffer {
  return Buffer.concat([Buffer.from([0x88, 2 + reason.length, code >> 8, code & 0xff]), Buffer.from(reason)])
}
