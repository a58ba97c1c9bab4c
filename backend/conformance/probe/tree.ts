import type { Token } from './tokens.ts'

/** Group is what stands between two brackets. */
export interface Group {
  kind: 'group'
  open: '(' | '[' | '{'
  nodes: Node[]
}

export type Node = Token | Group

const closing: Record<string, string> = { '(': ')', '[': ']', '{': '}' }

/** toTree puts what is in brackets into groups. */
export function toTree(tokens: readonly Token[]): Node[] {
  let at = 0
  const read = (end: string | null): Node[] => {
    const nodes: Node[] = []
    for (; at < tokens.length; at++) {
      const token = tokens[at]
      if (token === undefined) break
      const text = token.kind === 'mark' ? token.text : ''
      if (text !== '' && text === end) return nodes
      if (text === '(' || text === '[' || text === '{') {
        at += 1
        nodes.push({ kind: 'group', open: text, nodes: read(closing[text] ?? '') })
      } else nodes.push(token)
    }
    if (end !== null) throw new Error(`a ${end} is missing`)
    return nodes
  }
  return read(null)
}

export function isMark(node: Node | undefined, ...texts: string[]): boolean {
  return node?.kind === 'mark' && texts.includes(node.text)
}

export function isWord(node: Node | undefined, ...texts: string[]): boolean {
  return node?.kind === 'word' && (texts.length === 0 || texts.includes(node.text))
}

export function isGroup(node: Node | undefined, open: Group['open']): node is Group {
  return node?.kind === 'group' && node.open === open
}

/** The text of a word, number or mark; '' for anything else. */
export function textOf(node: Node | undefined): string {
  return node && 'text' in node ? node.text : ''
}

/** splitAt parts nodes at each of these marks. Nothing gives no parts. */
export function splitAt(nodes: readonly Node[], mark: string): Node[][] {
  if (nodes.length === 0) return []
  const parts: Node[][] = [[]]
  for (const node of nodes) {
    if (isMark(node, mark)) parts.push([])
    else parts.at(-1)?.push(node)
  }
  return parts
}

/** skipGenerics gives the index after `<...>` that begins at this index, or the index itself. */
export function skipGenerics(nodes: readonly Node[], start: number): number {
  if (!isMark(nodes[start], '<')) return start
  let depth = 0
  for (let index = start; index < nodes.length; index++) {
    if (isMark(nodes[index], '<')) depth += 1
    if (isMark(nodes[index], '>')) depth -= 1
    if (depth === 0) return index + 1
  }
  return start
}
