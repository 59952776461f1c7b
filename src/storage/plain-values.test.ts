import { describe, expect, test } from 'bun:test'
import { toIsoText, toStorableJson, toStorableText } from './plain-values.ts'

describe('storable text', () => {
  test('is the text itself, emoji included', () => expect(toStorableText('Mast 7 🚜')).toBe('Mast 7 🚜'))
  test('replaces what Postgres cannot hold', () => expect(toStorableText('a\u0000b\ud800c')).toBe('a\ufffdb\ufffdc'))
})

describe('storable json', () => {
  test('is what JSON keeps of a value', () =>
    expect(toStorableJson({ a: undefined, at: new Date(0), z: -0, list: [undefined] })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      z: 0,
      list: [null],
    }))
  test('replaces what jsonb cannot hold, in keys too', () =>
    expect(toStorableJson({ 'k\u0000': ['\udfff', { deep: 'ok 🚜' }] })).toEqual({
      'k\ufffd': ['\ufffd', { deep: 'ok 🚜' }],
    }))
  test('leaves an escaped backslash before u0000 alone', () =>
    expect(toStorableJson({ text: '\\u0000' })).toEqual({ text: '\\u0000' }))
  test('keeps a key named __proto__ as a key', () => {
    const value = JSON.parse('{"__proto__":{"a":"\\u0000"}}') as unknown
    expect(JSON.stringify(toStorableJson(value))).toBe('{"__proto__":{"a":"\ufffd"}}')
  })
  test('refuses what has no JSON', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    for (const value of [1n, cycle, () => 1, Number.NaN]) expect(toStorableJson(value)).toBeUndefined()
  })
})

describe('an instant', () => {
  test.each([
    ['2026-11-21T12:00:00.123Z', '2026-11-21T12:00:00.123Z'],
    ['2026-11-21T14:00+02:00', '2026-11-21T12:00:00.000Z'],
    ['0001-01-01T00:00:00.000Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    [0, '1970-01-01T00:00:00.000Z'],
    [new Date(1), '1970-01-01T00:00:00.001Z'],
  ])('given as %p has one text', (given, wanted) => expect(toIsoText(given)).toBe(wanted))
  test.each([
    ['2026-11-21T12:00:00'],
    ['2026-11-21'],
    ['yesterday'],
    ['0000-01-01T00:00:00.000Z'],
    ['+010000-01-01T00:00:00.000Z'],
    [Number.NaN],
    [0.5],
    [8.64e15],
    [new Date(Number.NaN)],
    [true],
  ])('is not %p', (given) => expect(toIsoText(given)).toBeUndefined())
})
