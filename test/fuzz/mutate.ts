import type { Random } from './random.ts'

/** Changes a text in one to `most` places: octets replaced, pieces put in, taken out, doubled, moved, cut off. */
export function mutate(text: string, random: Random, pieces: readonly string[], most = 4): string {
  let changed = text
  for (let left = 1 + random.below(most); left > 0; left--) changed = changeOnce(changed, random, pieces)
  return changed
}

function changeOnce(text: string, random: Random, pieces: readonly string[]): string {
  const at = random.below(text.length + 1)
  const to = Math.min(text.length, at + 1 + random.below(16))
  switch (random.below(8)) {
    case 0:
      return text.slice(0, at) + random.octets(1) + text.slice(at + 1)
    case 1:
      return text.slice(0, at) + text.slice(to)
    case 2:
      return text.slice(0, to) + text.slice(at)
    case 3:
      return random.chance(0.3) ? text.slice(0, at) : flipBit(text, at, random)
    case 4:
      return text.slice(0, at) + text.slice(at, to).repeat(2 + random.below(3)) + text.slice(to)
    default:
      return text.slice(0, at) + random.pick(pieces) + text.slice(at)
  }
}

function flipBit(text: string, at: number, random: Random): string {
  if (at >= text.length) return text
  const code = (text.charCodeAt(at) ^ (1 << random.below(8))) & 0xff
  return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
}
