import type { ASTNode } from '@marcbachmann/cel-js'
import { childrenOf } from './syntax-tree.ts'

/**
 * What the loops of one evaluation may do: a caller chooses how long the lists of a token are, and loops inside each other multiply
 * their lengths. A step is one turn of a loop, or about eight values that an operator inside a loop may look at.
 */
export const MAX_LOOP_STEPS = 4_000

/** Names of the functions that `meterLoops` puts into an expression. An operator who writes one gains nothing by it. */
export const METERS = { loop: '__loop', value: '__value' } as const

/** Values that an operator looks at in the time of one turn of a loop. */
const VALUES_PER_STEP = 8
/** Characters that cost as much as one value. */
const CHARACTERS_PER_VALUE = 32

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

/** Tells whether a node is a loop: `exists`, `all`, `map`, …. */
export function isLoop(node: ASTNode): boolean {
  return node.op === 'rcall' && LOOPS.has(node.args[0]) && node.args[2].length > 1
}

/** Counts the work of one evaluation at a time. */
export class LoopMeter {
  #left = MAX_LOOP_STEPS
  /** Claims do not change: what was weighed once need not be weighed again. */
  readonly #weights = new WeakMap<object, number>()

  /** Begins a new evaluation. */
  restart(): void {
    this.#left = MAX_LOOP_STEPS
  }

  /** Tells whether the evaluation did more than it may: its result counts for nothing, whatever it is. */
  get isOver(): boolean {
    return this.#left < 0
  }

  /** Takes the turns of a loop over this list or map and returns it; where there are more than are left, an empty list. */
  readonly takeLoop = (items: unknown): unknown => {
    this.#left -= Array.isArray(items) ? items.length : isObject(items) ? Object.keys(items).length : 0
    return this.isOver ? NOTHING : items
  }

  /** Takes what an operator may do with this value in a turn of a loop and returns it; where that is more than is left, as little as can be. */
  readonly takeValue = (value: unknown): unknown => {
    if (this.isOver) return isObject(value) ? NOTHING : typeof value === 'string' ? '' : value
    this.#left -= this.#weigh(value) / VALUES_PER_STEP
    return value
  }

  #weigh(value: unknown): number {
    if (typeof value === 'string') return 1 + value.length / CHARACTERS_PER_VALUE
    if (!isObject(value)) return 1
    let weight = this.#weights.get(value)
    if (weight === undefined) {
      weight = 1
      for (const part of Object.values(value)) weight += this.#weigh(part)
      this.#weights.set(value, weight)
    }
    return weight
  }
}

/** What is left of an evaluation whose result counts for nothing runs over this. An error instead would be caught, and dear, in each turn. */
const NOTHING: readonly never[] = Object.freeze([])

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** An expression with its meters. */
export interface MeteredText {
  readonly text: string
  /** Tells which place of the expression as it was written a place of this text is. */
  toWritten(at: number): number
}

interface Insertion {
  readonly at: number
  readonly text: string
  readonly order: number
}

/**
 * Writes an expression anew so that its loops are metered: what a loop runs over, and every value that is read inside a loop, goes
 * through a meter. Returns undefined where it has no loop.
 */
export function meterLoops(text: string, root: ASTNode): MeteredText | undefined {
  const insertions: Insertion[] = []
  const wrap = (node: ASTNode, meter: string): boolean => {
    if (!isWhole(text.slice(node.start, node.end))) return false
    insertions.push({ at: node.start, text: `${meter}(`, order: insertions.length + 1 })
    insertions.push({ at: node.end, text: ')', order: -insertions.length })
    return true
  }
  const walk = (node: ASTNode, inLoop: boolean): void => {
    if (node.op === 'rcall' && isLoop(node)) {
      const [, receiver, args] = node.args
      wrap(receiver, METERS.loop)
      if (!isPlace(receiver)) walk(receiver, inLoop)
      for (const arg of args.slice(1)) walk(arg, true)
      return
    }
    if (inLoop && isPlace(node) && wrap(node, METERS.value)) return
    // Its argument must stay a place, and it looks at nothing else.
    if (node.op === 'call' && node.args[0] === 'has') return
    const children = childrenOf(node)
    // The first two are names.
    const isBinding = node.op === 'rcall' && node.args[0] === 'bind'
    for (const child of isBinding ? children.slice(2) : children) walk(child, inLoop)
  }
  walk(root, false)
  return insertions.length === 0 ? undefined : insertAll(text, insertions)
}

function insertAll(text: string, insertions: readonly Insertion[]): MeteredText {
  const sorted = insertions.toSorted((a, b) => a.at - b.at || a.order - b.order)
  let metered = ''
  let from = 0
  const ends: { readonly end: number; readonly added: number }[] = []
  let added = 0
  for (const { at, text: inserted } of sorted) {
    metered += text.slice(from, at) + inserted
    from = at
    added += inserted.length
    ends.push({ end: metered.length, added })
  }
  return {
    text: metered + text.slice(from),
    toWritten: at => at - (ends.findLast(({ end }) => end <= at)?.added ?? 0),
  }
}

/** A name, or a member of one: `claims.groups[0].name`. */
function isPlace(node: ASTNode): boolean {
  if (node.op === 'id') return true
  return (node.op === '.' || node.op === '[]') && isPlace(node.args[0])
}

/** The library leaves parentheses at the edges of a node out of its range: such a part cannot be wrapped. */
function isWhole(part: string): boolean {
  let depth = 0
  for (const character of part) {
    if (character === '(' || character === '[') depth += 1
    else if (character === ')' || character === ']') depth -= 1
    if (depth < 0) return false
  }
  return depth === 0
}
