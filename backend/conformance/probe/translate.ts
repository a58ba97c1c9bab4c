import { emit } from './expressions.ts'
import { tokenize } from './tokens.ts'
import { isGroup, isMark, isWord, skipGenerics, splitAt, textOf, toTree, type Node } from './tree.ts'

/**
 * translateClass turns a static class of tests in C# into JavaScript: a function for each of its methods. It knows what
 * tables of tests are written in (object initializers, lambdas, patterns, interpolated strings) and no more; what it does
 * not know becomes JavaScript that does not compile, so that nothing is left out silently. `onText` may change texts.
 */
export function translateClass(source: string, onText: (text: string) => string): string {
  const nodes = toTree(tokenize(source))
  const at = nodes.findIndex((node) => isWord(node, 'class'))
  const body = nodes.slice(at).find((node) => isGroup(node, '{'))
  if (at === -1 || !isGroup(body, '{')) throw new Error('there is no class')
  return splitMembers(body.nodes)
    .map((member) => emitMember(member, onText))
    .join('\n')
}

/** A member ends with a semicolon or, being a method, with its body. */
function splitMembers(nodes: readonly Node[]): Node[][] {
  const members: Node[][] = []
  let member: Node[] = []
  for (const node of nodes) {
    const isBody = isGroup(node, '{') && isGroup(member.at(-1), '(')
    if (!isMark(node, ';')) member.push(node)
    if (!isMark(node, ';') && !isBody) continue
    members.push(member)
    member = []
  }
  return members
}

function emitMember(member: readonly Node[], onText: (text: string) => string): string {
  const split = member.findIndex((node, index) => index > 0 && (isMark(node, '=>', '=') || isGroup(node, '{')))
  const body = member[split]
  if (isMark(body, '=')) return `const ${textOf(member[split - 1])} = ${emit(member.slice(split + 1), onText)};`
  const parameters = member[split - 1]
  if (!isGroup(parameters, '(')) throw new Error(`no method: ${member.map(textOf).join(' ')}`)
  const names = splitAt(withoutGenerics(parameters.nodes), ',').map(parameterName).join(', ')
  const name = textOf(member[split - 2])
  if (!isGroup(body, '{')) return `function ${name}(${names}) { return ${emit(member.slice(split + 1), onText)}; }`
  return `function${yields(body.nodes) ? '*' : ''} ${name}(${names}) {${emit(body.nodes, onText)}}`
}

function withoutGenerics(nodes: readonly Node[]): Node[] {
  const kept: Node[] = []
  for (let index = 0; index < nodes.length; index++) {
    index = skipGenerics(nodes, index)
    const node = nodes[index]
    if (node) kept.push(node)
  }
  return kept
}

function parameterName(nodes: readonly Node[]): string {
  const end = nodes.findIndex((node) => isMark(node, '='))
  const name = textOf(nodes.at(end === -1 ? -1 : end - 1))
  return isWord(nodes[0], 'params') ? `...${name}` : name
}

function yields(nodes: readonly Node[]): boolean {
  return nodes.some((node) => isWord(node, 'yield') || (isGroup(node, '{') && yields(node.nodes)))
}
