import { expect, test } from 'bun:test'
import { parseFlags } from './parse-flags.ts'

const kinds = { home: 'text', json: 'toggle' } as const

test('flags and words are told apart', () => {
  expect(parseFlags(['reset', '--home', '/x', 'tutorial.tasks', '--json'], kinds)).toEqual({
    flags: { home: '/x', json: true },
    words: ['reset', 'tutorial.tasks'],
    isHelp: false,
  })
  expect(parseFlags(['--home=/a=b'], kinds).flags.home).toBe('/a=b')
})

test('a mistyped flag is refused with the one that was meant', () => {
  expect(() => parseFlags(['--hoem', '/x'], kinds)).toThrow('The flag --hoem is not known; did you mean --home?')
})

test('a flag without its value is refused', () => {
  expect(() => parseFlags(['--home'], kinds)).toThrow('--home needs a value')
})
