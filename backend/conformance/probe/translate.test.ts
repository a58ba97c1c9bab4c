import { compileFunction } from 'node:vm'

import { expect, it } from 'vitest'

import { addMethods, library } from './library.ts'
import { translateClass } from './translate.ts'

addMethods()

function evaluate(expression: string): unknown {
  const source = `public static class Suite { private static object Value() => ${expression}; }`
  const code = `${translateClass(source, (text) => text)}\nreturn Value()`
  return compileFunction(code, Object.keys(library))(...Object.values(library))
}

it.each([
  ['$"a{1 + 1}b{{c}}"', 'a2b{c}'],
  ['"a\\x0Bdef"', 'a\u0bdef'],
  ["'\\0'", '\0'],
  ['100_000', 100_000],
  ['404 is 400 or 404', true],
  ['250 is >= 200 and < 300', true],
  ['250 is not (>= 200 and < 300)', false],
  ['"abc".Length is 3 && null is null', true],
  ['"abcdef"[1..^1]', 'bcde'],
  ['"abcdef"[..2]', 'ab'],
  ["new string('x', 3)", 'xxx'],
  ['new TestCase { Id = "A", Scored = false }.Id', 'A'],
  ['" a b ".Trim().Split(\' \').Length', 2],
])('reads %s as C# does', (expression, value) => {
  const result = evaluate(expression)

  expect(result).toBe(value)
})

it('reads declarations, loops and out parameters', () => {
  const source = `public static class Suite {
    private const string Name = "n";
    private static IEnumerable<int> Values(Dictionary<string, int> given) {
      byte[] bytes = [1, 2];
      foreach (var (key, value) in given) yield return value + bytes.Length;
      if (given.TryGetValue(Name, out var found)) yield return found;
    }
  }`

  const code = `${translateClass(source, (text) => text)}\nreturn [...Values(new Dictionary([['n', 5]]))]`

  expect(compileFunction(code, Object.keys(library))(...Object.values(library))).toEqual([7, 5])
})
