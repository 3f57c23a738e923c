import type { ASTNode } from '@marcbachmann/cel-js'
import { nearest } from '../diagnostics/did-you-mean.ts'
import { whyNotLinear } from './linear-pattern.ts'
import { isLoop } from './loop-work.ts'
import { childrenOf } from './syntax-tree.ts'
import { VARIABLES } from './vocabulary.ts'

/** Something wrong with an expression, by its place in the text. */
export interface ExpressionProblem {
  /** One sentence; lower case, no full stop; names in backticks. */
  readonly message: string
  /** In code units of the expression, end exclusive. */
  readonly range: readonly [start: number, end: number]
  /** Short text under the marked range. */
  readonly label?: string
  readonly help?: string
}

/** Loops (`exists`, `all`, `map`, …) inside each other; each level multiplies the work by the length of the caller's list. */
const MAX_LOOP_DEPTH = 2

/**
 * Finds what the library's own check lets pass: members that our variables do not have, variables hidden by a loop's own name, loops too deep,
 * and patterns that RE2 (and so CEL) does not know. Returns the first problem in reading order of the tree.
 */
export function lintExpression(node: ASTNode, loopDepth = 0): ExpressionProblem | undefined {
  const problem = lintNode(node, loopDepth)
  if (problem !== undefined) return problem
  const depth = isLoop(node) ? loopDepth + 1 : loopDepth
  for (const child of childrenOf(node)) {
    const found = lintExpression(child, depth)
    if (found !== undefined) return found
  }
  return undefined
}

function lintNode(node: ASTNode, loopDepth: number): ExpressionProblem | undefined {
  if (node.op === '.') return lintMember(node, node.args[0], node.args[1])
  if (node.op === '[]' && node.args[1].op === 'value' && typeof node.args[1].args === 'string') {
    return lintMember(node, node.args[0], node.args[1].args)
  }
  if (node.op !== 'rcall') return undefined
  const [name, , args] = node.args
  if (name === 'matches') return lintPattern(args[0])
  const bound = isLoop(node) || name === 'bind' ? args[0] : undefined
  if (bound?.op === 'id' && VARIABLES.has(bound.args)) {
    return {
      message: `\`${bound.args}\` is the name of a variable and cannot be used for another value`,
      range: rangeOf(bound),
    }
  }
  if (isLoop(node) && loopDepth >= MAX_LOOP_DEPTH) {
    return { message: `more than ${MAX_LOOP_DEPTH} loops inside each other`, range: rangeOf(node) }
  }
  return undefined
}

function lintMember(node: ASTNode, object: ASTNode, member: string): ExpressionProblem | undefined {
  if (object.op !== 'id') return undefined
  const members = VARIABLES.get(object.args)
  if (members === undefined || members.has(member)) return undefined
  const near = nearest(member, members)
  return {
    message: `\`${object.args}\` has no member \`${member}\``,
    range: [Math.min(object.end + 1, node.end - 1), node.end],
    ...(near === undefined
      ? { help: `its members are ${[...members].join(', ')}` }
      : { label: `did you mean \`${near}\`?`, help: `write \`${object.args}.${near}\`` }),
  }
}

/**
 * A pattern is JavaScript's here and RE2's in CEL: only what both know is allowed, and only what V8's linear engine can take over.
 * It must be a literal: a pattern from a claim would be the caller's program.
 */
function lintPattern(pattern: ASTNode | undefined): ExpressionProblem | undefined {
  if (pattern === undefined) return undefined
  const range = rangeOf(pattern)
  if (pattern.op !== 'value' || typeof pattern.args !== 'string') {
    return { message: 'the pattern of `matches()` must be a literal string', range }
  }
  const text = pattern.args
  if (/\(\?<?[=!]/.test(text) || /\\(?:[1-9]|k<)/.test(text)) {
    return { message: 'the pattern uses look-around or a back-reference, which CEL does not know', range }
  }
  if (!isPattern(text)) return { message: 'the pattern is not a regular expression', range }
  switch (whyNotLinear(text)) {
    case 'repetitions':
      return {
        message: 'the pattern repeats something more than 16 times, counting repetitions inside each other',
        range,
        help: 'write the part several times, as in `[0-9a-f]{16}[0-9a-f]{16}`, or leave the number open: `[0-9a-f]+`',
      }
    case 'flags':
      return { message: 'the pattern sets flags for a part of it, which is not supported', range }
    case undefined:
      return undefined
  }
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}

function rangeOf(node: ASTNode): readonly [number, number] {
  return [node.start, Math.max(node.end, node.start + 1)]
}
