import type { ASTNode } from '@marcbachmann/cel-js'

/** Lists the operands of a node, in order. The library gives them as a node, a list, or a list of pairs, beside names and literals. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  const children: ASTNode[] = []
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect)
    else if (isNode(value)) children.push(value)
  }
  collect(node.args)
  return children
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && typeof value.op === 'string' && 'args' in value
}
