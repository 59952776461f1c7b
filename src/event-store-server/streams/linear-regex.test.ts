import { describe, expect, test } from 'bun:test'
import { compileRegex } from './linear-regex.ts'

describe('a regular expression of a client', () => {
  test('finds what it says anywhere in the text', () => {
    expect(compileRegex('^[^\\$].*')('Ordered')).toBe(true)
    expect(compileRegex('^[^$].*')('$metadata')).toBe(false)
    expect(compileRegex('^(order|invoice)-\\d+$')('invoice-12')).toBe(true)
    expect(compileRegex('^(order|invoice)-\\d+$')('my-invoice-12')).toBe(false)
    expect(
      compileRegex('[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')(
        'a-1b671a64-40d5-491e-99b0-da01ff1f3341',
      ),
    ).toBe(true)
    expect(compileRegex('(?i)ORDER')('my order')).toBe(true)
  })

  test('may be written as .NET has it', () => {
    expect(compileRegex('^\\u0041\\Z')('A\n')).toBe(true)
    expect(compileRegex('^\\\\u0041\\Z')('A')).toBe(false)
    expect(compileRegex('(?<name>x)\\z')('xx')).toBe(true)
    expect(compileRegex('\\p{Lu}')('é')).toBe(false)
  })

  test('cannot be made to search for long', () => {
    // Each of these costs a backtracking engine more steps than there are atoms, or a minute at least.
    const text = `${'a'.repeat(4_000)}!`
    for (const regex of ['(a+)+$', '(a*)*b', '(a|a)*b', '(a|aa)+$', 'a*a*a*a*a*b', '(.*)*x', '(?:a?){40}a{40}b'])
      expect({ regex, found: compileRegex(regex)(text) }).toEqual({ regex, found: false })
  })

  test('is refused when it would cost much to compile or to run', () => {
    const refused = {
      'longer than': 'x'.repeat(1_025),
      'repeats too much': '((((x{10}){10}){10}){10})',
      'too large': '\\p{L}{900}[^x]{900}',
    }
    for (const [words, regex] of Object.entries(refused)) expect(() => compileRegex(regex)).toThrow(words)
    expect(() => compileRegex(`(${'x'.repeat(900)}){1000}`)).toThrow('repeats too much')
    expect(() => compileRegex(`${'(('.repeat(300)}x${'))'.repeat(300)}`)).toThrow('regular expression')
  })

  test('is refused, in words, when it asks for what cannot be done in linear time', () => {
    for (const regex of ['a(?=b)', 'a(?!b)', '(?<=a)b', '(?<!a)b', '(a)\\1', '(?>a)', '\\p{IsGreek}', '(', '[a'])
      expect(() => compileRegex(regex)).toThrow('does not compile')
    expect(() => compileRegex('[a-z-[aeiou]]')).toThrow('subtracts')
  })
})
