import { readPattern } from './patterns.ts'
import { isGroup, isMark, isWord, skipGenerics, splitAt, textOf, toTree, type Group, type Node } from './tree.ts'

type OnText = (text: string) => string

/** emit writes statements or an expression as JavaScript. */
export function emit(nodes: readonly Node[], onText: OnText): string {
  return new Emitter(nodes, onText).emit()
}

const builtIn = ['string', 'int', 'bool', 'byte', 'char', 'long', 'double']

class Emitter {
  readonly #nodes: readonly Node[]
  readonly #onText: OnText
  /** What was written for each node, so that the operand before an `is` can be taken back. */
  readonly #written: { node: Node; text: string }[] = []
  #at = 0

  constructor(nodes: readonly Node[], onText: OnText) {
    this.#nodes = nodes
    this.#onText = onText
  }

  emit(): string {
    while (this.#at < this.#nodes.length) {
      const node = this.#nodes[this.#at]
      if (node) this.#step(node)
    }
    return this.#written.map(({ text }) => text).join(' ')
  }

  #step(node: Node): void {
    if (node.kind === 'string') return this.#write(node, JSON.stringify(this.#onText(node.value)))
    if (node.kind === 'template') return this.#write(node, this.#template(node))
    if (node.kind === 'group') return this.#group(node)
    if (node.kind === 'word') return this.#word(node, node.text)
    const isForgiving = node.text === '!' && this.#endsOperand() && !this.#startsOperand(this.#at + 1)
    this.#write(node, isForgiving ? '' : node.text)
  }

  #word(node: Node, word: string): void {
    switch (word) {
      case 'var':
      case 'const':
        return this.#declaration(node)
      case 'foreach':
        return this.#write(node, 'for')
      case 'in':
        return this.#write(node, 'of')
      case 'yield':
        return this.#write(node, 'yield', 2)
      case 'out':
        return this.#out(node)
      case 'new':
        return this.#new(node)
      case 'is': {
        const { condition, end } = readPattern(this.#nodes, this.#at + 1)
        const operand = this.#takeOperand()
        return this.#write(node, `((v) => ${condition})(${operand})`, end - this.#at)
      }
      default:
        if (this.#isTyped()) return this.#declaration(node)
        this.#write(node, word)
    }
  }

  /** `Type name =` and `Type[] name =` at the beginning of a statement. */
  #isTyped(): boolean {
    const before = this.#nodes[this.#at - 1]
    if (before !== undefined && !isMark(before, ';') && !isGroup(before, '{')) return false
    const name = this.#endOfType(this.#at)
    return (
      isWord(this.#nodes[name]) && isMark(this.#nodes[name + 1], '=', ';') && !isWord(this.#nodes[this.#at], 'return')
    )
  }

  #endOfType(start: number): number {
    let end = skipGenerics(this.#nodes, start + 1)
    while (isMark(this.#nodes[end], '?') || (isGroup(this.#nodes[end], '[') && isWord(this.#nodes[end + 1]))) end += 1
    return end
  }

  #declaration(node: Node): void {
    const isVar = isWord(node, 'var')
    const name = isVar ? this.#at + 1 : this.#endOfType(this.#at + (isWord(node, 'const') ? 1 : 0))
    const names = this.#nodes[name]
    if (!isGroup(names, '(')) return this.#write(node, 'let', name - this.#at)
    const list = splitAt(names.nodes, ',').map((part) => textOf(part[0]))
    this.#write(node, `let [${list.map((text) => (text === '_' ? '' : text)).join(', ')}]`, name + 1 - this.#at)
  }

  /** An out parameter becomes a function that takes the value. */
  #out(node: Node): void {
    const isNew = isWord(this.#nodes[this.#at + 1], 'var')
    const name = textOf(this.#nodes[this.#at + (isNew ? 2 : 1)])
    this.#write(node, `(v) => { ${name === '_' ? '' : `${name} = v`} }`, isNew ? 3 : 2)
  }

  #new(node: Node): void {
    const type = textOf(this.#nodes[this.#at + 1])
    const start = type === '' ? this.#at + 1 : skipGenerics(this.#nodes, this.#at + 2)
    const next = this.#nodes[start]
    const body = isGroup(next, '(') ? this.#nodes[start + 1] : next
    if (isGroup(body, '{')) {
      return this.#write(node, this.#initializer(body), start + (isGroup(next, '(') ? 2 : 1) - this.#at)
    }
    if (isGroup(next, '['))
      return this.#write(node, `new Uint8Array(${emit(next.nodes, this.#onText)})`, start + 1 - this.#at)
    this.#write(node, type === 'string' ? 'string.repeat' : `new ${type}`, start - this.#at)
  }

  /** `{ Name = value, ... }` */
  #initializer(body: Group): string {
    const fields = splitAt(body.nodes, ',').filter((part) => part.length > 0)
    return `({ ${fields.map((part) => `${textOf(part[0])}: ${emit(part.slice(2), this.#onText)}`).join(', ')} })`
  }

  #group(node: Group): void {
    const before = this.#nodes[this.#at - 1]
    const after = this.#nodes[this.#at + 1]
    if (node.open === '[' && this.#endsOperand()) return this.#write(node, this.#index(node))
    const inside = emit(node.nodes, this.#onText)
    if (node.open === '{') return this.#write(node, `{ ${inside} }`)
    if (node.open === '[') return this.#write(node, `[${inside}]`)
    const isCast = node.nodes.length === 1 && isWord(node.nodes[0], ...builtIn) && this.#startsOperand(this.#at + 1)
    if (isCast) return this.#write(node, '')
    const isTuple =
      splitAt(node.nodes, ',').length > 1 && !isMark(after, '=>') && (isWord(before, 'return') || isMark(before, '='))
    this.#write(node, isTuple ? `[${inside}]` : `(${inside})`)
  }

  /** An index, or a range with either end left out. */
  #index({ nodes }: Group): string {
    const range = nodes.findIndex((node) => isMark(node, '..'))
    if (range === -1) return `[${emit(nodes, this.#onText)}]`
    // `^` counts from the end, as a negative number does for slice.
    const bound = (part: readonly Node[]) => emit(part, this.#onText).replace(/^\^ ?/, '-')
    const [from, to] = [bound(nodes.slice(0, range)), bound(nodes.slice(range + 1))]
    return `.slice(${from === '' ? '0' : from}${to === '' ? '' : `, ${to}`})`
  }

  #template({ texts, expressions }: Extract<Node, { kind: 'template' }>): string {
    const parts = texts.flatMap((text, index) => {
      const expression = expressions[index]
      const literal = JSON.stringify(this.#onText(text))
      return expression ? [literal, `(${emit(toTree(expression), this.#onText)})`] : [literal]
    })
    return `(${parts.join(' + ')})`
  }

  #endsOperand(): boolean {
    const before = this.#nodes[this.#at - 1]
    return (
      (isWord(before) && !isWord(before, 'return', 'is', 'in', 'and', 'or', 'not', 'new', 'yield')) ||
      before?.kind === 'string' ||
      isGroup(before, '(') ||
      isGroup(before, '[')
    )
  }

  #startsOperand(index: number): boolean {
    const node = this.#nodes[index]
    return (
      node !== undefined && node.kind !== 'mark' && !isGroup(node, '[') && !isGroup(node, '{') && !isWord(node, 'is')
    )
  }

  /** Takes back names, calls, indexes and the dots between them. */
  #takeOperand(): string {
    let text = ''
    let wantsName = true
    for (let last = this.#written.at(-1); last; last = this.#written.at(-1)) {
      const isDot = isMark(last.node, '.', '?.')
      const isBracket = last.node.kind === 'group'
      const fits = wantsName ? isBracket || last.node.kind !== 'mark' : isDot
      if (!fits || isWord(last.node, 'return')) return text
      this.#written.pop()
      text = last.text + text
      // A bracket may follow a name directly; a name needs a dot before it.
      if (isBracket && !isWord(this.#written.at(-1)?.node) && this.#written.at(-1)?.node.kind !== 'group') return text
      wantsName = isBracket || isDot
    }
    return text
  }

  #write(node: Node, text: string, count = 1): void {
    this.#written.push({ node, text })
    this.#at += count
  }
}
