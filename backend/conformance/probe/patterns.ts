import { isGroup, isMark, isWord, textOf, type Node } from './tree.ts'

/** Pattern is the pattern after `is` as a condition on `v`, and the index of what follows it. */
export interface Pattern {
  condition: string
  end: number
}

/** readPattern reads `or`, `and`, `not`, comparisons, constants and parentheses (C# 9). */
export function readPattern(nodes: readonly Node[], start: number): Pattern {
  let { condition, end } = readAnd(nodes, start)
  while (isWord(nodes[end], 'or')) {
    const next = readAnd(nodes, end + 1)
    condition = `(${condition} || ${next.condition})`
    end = next.end
  }
  return { condition, end }
}

function readAnd(nodes: readonly Node[], start: number): Pattern {
  let { condition, end } = readOne(nodes, start)
  while (isWord(nodes[end], 'and')) {
    const next = readOne(nodes, end + 1)
    condition = `(${condition} && ${next.condition})`
    end = next.end
  }
  return { condition, end }
}

function readOne(nodes: readonly Node[], start: number): Pattern {
  const node = nodes[start]
  if (isWord(node, 'not')) {
    const { condition, end } = readOne(nodes, start + 1)
    return { condition: `!${condition}`, end }
  }
  if (isGroup(node, '(')) return { condition: readPattern(node.nodes, 0).condition, end: start + 1 }
  if (isMark(node, '<', '>', '<=', '>=')) {
    const { text, end } = readConstant(nodes, start + 1)
    return { condition: `(v ${textOf(node)} ${text})`, end }
  }
  const { text, end } = readConstant(nodes, start)
  return { condition: `(v == ${text})`, end }
}

/** A number, a text, null, or a name with dots. */
function readConstant(nodes: readonly Node[], start: number): { text: string; end: number } {
  const node = nodes[start]
  if (node?.kind === 'string') return { text: JSON.stringify(node.value), end: start + 1 }
  let text = textOf(node)
  let end = start + 1
  while (isMark(nodes[end], '.')) {
    text += `.${textOf(nodes[end + 1])}`
    end += 2
  }
  return { text, end }
}
