import { describe, expect, test } from 'bun:test'
import type { FieldControl } from '#vortex/protocol/describe-field.ts'
import { fieldTitle, fromTyped, toTyped, valueWords } from './field-values.ts'

const field = (control: FieldControl, isNullable = false) => ({ control, isNullable })
const whole: FieldControl = { kind: 'number', isWhole: true }

describe('what is typed', () => {
  test.each<[string, FieldControl, unknown, string]>([
    ['a text', { kind: 'text' }, ' a b ', ' a b '],
    ['a number', { kind: 'number', isWhole: false }, -1.5, '-1.5'],
    ['a switch', { kind: 'toggle' }, true, 'true'],
    ['a choice', { kind: 'choice', choices: ['red'] }, 'red', 'red'],
    ['a list', { kind: 'lines' }, ['a', 'b'], 'a\nb'],
    [
      'an instant',
      { kind: 'instant' },
      1_780_297_200_123,
      toTyped({ control: { kind: 'instant' } }, 1_780_297_200_123),
    ],
    ['an empty list', { kind: 'lines' }, [], ''],
  ])('stands for %s and back', (_, control, value, typed) => {
    expect(toTyped(field(control), value)).toBe(typed)
    expect(fromTyped(field(control), typed)).toEqual({ ok: true, value })
  })

  test('may be nothing only where nothing is allowed', () => {
    expect(fromTyped(field(whole, true), ' ')).toEqual({ ok: true, value: null })
    expect(fromTyped(field(whole), ' ')).toEqual({ ok: false, words: 'must not be empty' })
  })

  test.each<[FieldControl, string, string]>([
    [whole, 'many', 'must be a number'],
    [whole, '1.5', 'must be a whole number'],
    [{ kind: 'instant' }, 'tomorrow', 'must be a date with a time'],
    [{ kind: 'json' }, '{', 'must be JSON'],
  ])('for %j as %j is refused: %s', (control, typed, words) => {
    expect(fromTyped(field(control), typed)).toEqual({ ok: false, words })
  })
})

test('a value is told in words', () => {
  expect([null, '', true, [], ['a', 1], { a: 1 }].map(valueWords)).toEqual([
    'nothing',
    'an empty text',
    'yes',
    'an empty list',
    'a, 1',
    '{"a":1}',
  ])
})

test('a field is called as people would write it', () => {
  expect(['host', 'serverPort', 'retryDelayMsMax'].map(fieldTitle)).toEqual([
    'Host',
    'Server port',
    'Retry delay ms max',
  ])
})
