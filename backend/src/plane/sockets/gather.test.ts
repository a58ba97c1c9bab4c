import { describe, expect, it } from 'vitest'

import { Gather } from './gather.ts'

const gatherOf = (...pieces: string[]) => {
  const gather = new Gather()
  for (const piece of pieces) gather.add(Buffer.from(piece))
  return gather
}

describe('what comes in pieces', () => {
  it.each<[string, string[], string]>([
    ['nothing', [], ''],
    ['one piece', ['abc'], 'abc'],
    ['two', ['abc', 'def'], 'abcdef'],
    ['empty ones', ['', 'abc', '', 'def', ''], 'abcdef'],
    ['a thousand', Array.from({ length: 1_000 }, () => 'ab'), 'ab'.repeat(1_000)],
  ])('is told as one: %s', (_, pieces, expected) => {
    const gather = gatherOf(...pieces)

    expect(gather.bytes.toString()).toBe(expected)
    expect(gather.length).toBe(expected.length)
  })

  it.each<[string, number, string]>([
    ['nothing', 0, 'abcdef'],
    ['part of a piece', 2, 'cdef'],
    ['a piece', 3, 'def'],
    ['more than a piece', 4, 'ef'],
    ['all', 6, ''],
    ['more than all', 7, ''],
  ])('is let go of from its start: %s; what comes then stands behind the rest', (_, length, rest) => {
    const gather = gatherOf('abc', 'def')

    gather.skip(length)

    expect(gather.bytes.toString()).toBe(rest)
    gather.add(Buffer.from('ghi'))
    gather.add(Buffer.from('j'.repeat(100)))
    expect(gather.bytes.toString()).toBe(`${rest}ghi${'j'.repeat(100)}`)
  })

  it('is not copied while it is one piece', () => {
    const piece = Buffer.from('abc')
    const gather = new Gather()
    gather.add(piece)

    expect(gather.bytes.buffer).toBe(piece.buffer)
    expect(gather.take()?.buffer).toBe(piece.buffer)
  })

  it('leaves memory alone that is not its own', () => {
    const memory = Buffer.from('abcdef')
    const gather = new Gather()
    gather.add(memory.subarray(0, 3))

    gather.add(Buffer.from('xyz'))

    expect(memory.toString()).toBe('abcdef')
    expect(gather.bytes.toString()).toBe('abcxyz')
  })

  it('leaves alone what was let go of, also where it has room behind it', () => {
    const gather = gatherOf('abc', 'def')
    const before = gather.bytes
    gather.skip(2)

    gather.add(Buffer.from('xyz'))

    expect(before.toString()).toBe('abcdef')
    expect(gather.bytes.toString()).toBe('cdefxyz')
  })

  it('is freed when it is discarded, with what of it was let go of before', () => {
    const piece = Buffer.alloc(100, 'p')
    const { buffer } = piece
    const gather = new Gather()
    gather.add(piece)
    gather.skip(90)

    gather.discard()

    expect(buffer.byteLength).toBe(0)
    expect(gather.length).toBe(0)
    gather.add(Buffer.from('new'))
    expect(gather.bytes.toString()).toBe('new')
  })

  it('is gone once it is taken', () => {
    const gather = gatherOf('abc', 'def')

    expect(gather.take()?.toString()).toBe('abcdef')
    expect(gather.take()).toBeNull()
    expect(gather.length).toBe(0)
    expect(gatherOf('').take()).toBeNull()
  })
})
