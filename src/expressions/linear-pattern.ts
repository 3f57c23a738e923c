/** Most copies of one part that V8's linear engine makes for repetitions; a pattern that needs more is never handed to it. */
const MAX_COPIES = 16
/** A group that sets flags: that engine does not take it. */
const FLAGGED_GROUP = /\(\?[^:<]/

/**
 * Tells why V8's linear engine could not take a pattern over, so that a caller's text could make it backtrack without end; undefined
 * where it can. The pattern must be a regular expression without look-around and back-references.
 */
export function whyNotLinear(pattern: string): 'repetitions' | 'flags' | undefined {
  if (FLAGGED_GROUP.test(pattern)) return 'flags'
  return countCopies(pattern) > MAX_COPIES ? 'repetitions' : undefined
}

/** A part of a pattern that a repetition may follow. */
interface Part {
  readonly copies: number
  /** A part that matches the empty text needs a copy more where its repetition is open. */
  readonly canBeEmpty: boolean
}

const CHARACTER: Part = { copies: 1, canBeEmpty: false }

/** How often a part is copied at most: repetitions inside each other multiply. */
function countCopies(pattern: string): number {
  const repetition = /\+|\{(\d+)(?:,(\d*))?\}/y
  const outer: { readonly from: number; readonly most: number }[] = []
  let most = 1
  let last = CHARACTER
  for (let i = 0; i < pattern.length; i++) {
    repetition.lastIndex = i
    const repeats = repetition.exec(pattern)
    if (repeats !== null) {
      last = { copies: last.copies * timesOf(repeats, last), canBeEmpty: last.canBeEmpty }
      most = Math.max(most, last.copies)
      i = repetition.lastIndex - 1
    } else if (pattern[i] === '(') {
      outer.push({ from: i, most })
      most = 1
    } else if (pattern[i] === ')') {
      const group = outer.pop() ?? { from: 0, most: 1 }
      last = { copies: most, canBeEmpty: canBeEmpty(pattern.slice(group.from, i + 1)) }
      most = Math.max(most, group.most)
    } else {
      if (pattern[i] === '[') i = endOfClass(pattern, i)
      else if (pattern[i] === '\\') i += 1
      last = CHARACTER
    }
  }
  return most
}

/** An assertion has no width, so the engine copies what holds it as if it matched the empty text, wherever it would hold. */
function canBeEmpty(group: string): boolean {
  const parts = /\\[bB]|[$^]|\\.|\[(?:\\.|[^\]\\])*\]/g
  const bare = group.replaceAll(parts, part => (/^(?:\\[bB]|[$^])$/.test(part) ? '(?:)' : part))
  return new RegExp(`^${bare}$`).test('')
}

function timesOf([text, least = '1', most = text === '+' ? '' : least]: RegExpExecArray, part: Part): number {
  return Math.max(1, most === '' ? Number(least) + (part.canBeEmpty ? 1 : 0) : Number(most))
}

function endOfClass(pattern: string, from: number): number {
  for (let i = from + 1; i < pattern.length; i++) {
    if (pattern[i] === '\\') i += 1
    else if (pattern[i] === ']') return i
  }
  return pattern.length
}
