/**
 * RC2 (RFC 2268), which today's OpenSSL leaves out: for decades PKCS#12 files had their certificates under it, with 40 bits.
 * It hides nothing any more; whoever reads such a file only needs to get at what is in it. Decryption in CBC mode only.
 */
const PI_TABLE = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
)
const ROTATIONS = [1, 2, 3, 5] as const
const BLOCK = 8

/**
 * Decrypts RC2-CBC, padding included; the result still has it.
 *
 * @param effectiveBits what RFC 2268 calls T1: 40, 64 or 128.
 * @throws RangeError where the text is no whole number of blocks.
 */
export function decryptRc2Cbc(key: Uint8Array, effectiveBits: number, iv: Uint8Array, text: Uint8Array): Buffer {
  if (text.length % BLOCK !== 0 || iv.length !== BLOCK) throw new RangeError('not whole blocks')
  const schedule = expandKey(key, effectiveBits)
  const plain = Buffer.alloc(text.length)
  let before = iv
  for (let at = 0; at < text.length; at += BLOCK) {
    const block = text.subarray(at, at + BLOCK)
    decryptBlock(schedule, block, plain.subarray(at, at + BLOCK))
    for (let i = 0; i < BLOCK; i++) plain[at + i] = (plain[at + i] ?? 0) ^ (before[i] ?? 0)
    before = block
  }
  return plain
}

/** RFC 2268 section 2: 64 words of 16 bits out of a key of up to 128 bytes. */
function expandKey(key: Uint8Array, effectiveBits: number): Uint16Array {
  const bytes = new Uint8Array(128)
  bytes.set(key)
  const length = Math.ceil(effectiveBits / 8)
  for (let i = key.length; i < 128; i++) bytes[i] = pi((bytes[i - 1] ?? 0) + (bytes[i - key.length] ?? 0))
  bytes[128 - length] = pi((bytes[128 - length] ?? 0) & (0xff >> (8 * length - effectiveBits)))
  for (let i = 127 - length; i >= 0; i--) bytes[i] = pi((bytes[i + 1] ?? 0) ^ (bytes[i + length] ?? 0))
  return Uint16Array.from({ length: 64 }, (_, i) => (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8))
}

function pi(index: number): number {
  return PI_TABLE[index & 0xff] ?? 0
}

/** RFC 2268 section 4: rounds of "r-mix" and "r-mash", from the last to the first. */
function decryptBlock(schedule: Uint16Array, block: Uint8Array, out: Uint8Array): void {
  const words = Uint16Array.from({ length: 4 }, (_, i) => (block[2 * i] ?? 0) | ((block[2 * i + 1] ?? 0) << 8))
  const word = (i: number): number => words[i & 3] ?? 0
  for (let round = 15; round >= 0; round--) {
    for (let i = 3; i >= 0; i--) {
      const turn = ROTATIONS[i] ?? 0
      const rotated = (word(i) >>> turn) | (word(i) << (16 - turn))
      words[i] = rotated - (schedule[4 * round + i] ?? 0) - (word(i - 1) & word(i - 2)) - (~word(i - 1) & word(i - 3))
    }
    if (round !== 11 && round !== 5) continue
    for (let i = 3; i >= 0; i--) words[i] = word(i) - (schedule[word(i - 1) & 63] ?? 0)
  }
  for (const [i, value] of words.entries()) {
    out[2 * i] = value & 0xff
    out[2 * i + 1] = value >>> 8
  }
}
