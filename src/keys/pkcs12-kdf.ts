import { hash } from 'node:crypto'

/** Hashes that PKCS#12 derives keys with, and the block that each works on, in bytes. */
const BLOCKS = { sha1: 64, sha224: 64, sha256: 64, sha384: 128, sha512: 128 } as const

export type Pkcs12Hash = keyof typeof BLOCKS

/** What the derived bytes are for (RFC 7292 appendix B.3). */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const

/** Rounds before other work gets a turn: about a millisecond on a slow machine. */
const ROUNDS_AT_A_TIME = 200

/** What to derive from. */
export interface Pkcs12Derivation {
  readonly hash: Pkcs12Hash
  readonly purpose: (typeof PURPOSE)[keyof typeof PURPOSE]
  /** Undefined: no password at all, which is not the empty one. */
  readonly password: string | undefined
  readonly salt: Uint8Array
  readonly iterations: number
}

/** Derives bytes as PKCS#12 did before it learnt PBKDF2 (RFC 7292 appendix B.2). Gives way to other work every millisecond. */
export async function derivePkcs12(derivation: Pkcs12Derivation, length: number): Promise<Buffer> {
  const { purpose, salt, iterations } = derivation
  const block = BLOCKS[derivation.hash]
  const diversifier = Buffer.alloc(block, purpose)
  const input = Buffer.concat([fill(salt, block), fill(toBmpString(derivation.password), block)])
  const derived: Buffer[] = []
  for (let size = 0; size < length; ) {
    const bytes = await rehash(derivation.hash, Buffer.concat([diversifier, input]), iterations)
    derived.push(bytes)
    size += bytes.length
    addToBlocks(input, fill(bytes, block, block), block)
  }
  return Buffer.concat(derived).subarray(0, length)
}

async function rehash(name: Pkcs12Hash, first: Buffer, iterations: number): Promise<Buffer> {
  let bytes = hash(name, first, 'buffer')
  for (let round = 1; round < iterations; round++) {
    if (round % ROUNDS_AT_A_TIME === 0) await new Promise<void>(resolve => setImmediate(resolve))
    bytes = hash(name, bytes, 'buffer')
  }
  return bytes
}

/** Repeats bytes until they fill `length`, by default the next whole number of blocks. */
function fill(bytes: Uint8Array, block: number, length = block * Math.ceil(bytes.length / block)): Buffer {
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes)
}

/** Adds `summand` and one to each block, as big numbers. */
function addToBlocks(input: Buffer, summand: Buffer, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1
    for (let i = block - 1; i >= 0; i--) {
      carry += (input[start + i] ?? 0) + (summand[i] ?? 0)
      input[start + i] = carry & 0xff
      carry >>>= 8
    }
  }
}

/** UTF-16, big end first, with two zero bytes behind it (RFC 7292 appendix B.1). */
function toBmpString(password: string | undefined): Buffer {
  return password === undefined ? Buffer.alloc(0) : Buffer.from(`${password}\0`, 'utf16le').swap16()
}
