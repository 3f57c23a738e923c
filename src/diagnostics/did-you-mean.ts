/** Longer names are never compared: the work stays bounded whatever an operator (or an attacker) wrote. */
const MAX_LENGTH = 80

/**
 * Finds the candidate that was probably meant. Letter case, `-` and `_` do not count as differences; beyond that, about one mistake
 * (wrong, missing, extra or swapped letter) in three is forgiven, three at most.
 * Returns undefined if nothing is near, or if the name is itself a candidate.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(name)
  if (name.length > MAX_LENGTH || wanted === '') return undefined
  let best: string | undefined
  let bestDistance = Math.min(3, Math.max(1, Math.floor(wanted.length / 3))) + 1
  for (const candidate of candidates) {
    if (candidate === name) return undefined
    if (candidate.length > MAX_LENGTH) continue
    const folded = fold(candidate)
    if (Math.abs(folded.length - wanted.length) >= bestDistance || folded === '') continue
    const distance = editDistance(wanted, folded, bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

/** Counts insertions, deletions, replacements and swaps of neighbours; gives up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      row.push(cost)
      least = Math.min(least, cost)
    }
    if (least >= limit) return limit
    beforeLast = last
    last = row
  }
  return last[b.length] ?? limit
}
