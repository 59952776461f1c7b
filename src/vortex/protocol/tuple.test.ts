import { describe, expect, test } from 'bun:test'
import { integer } from './fields.ts'
import { parseWith } from './parse.ts'
import { defineTuple, toSchema } from './tuple.ts'

describe('the values of a definition', () => {
  test('are an object with exactly its fields', () => {
    const schema = toSchema({ sum: integer() })
    expect(parseWith(schema, { sum: 1 })).toEqual({ ok: true, value: { sum: 1 } })
    expect(parseWith(schema, {}).ok).toBe(false)
    expect(parseWith(schema, { sum: 1, more: 2 }).ok).toBe(false)
  })

  test('are no array, no text and no null, also where no field is wanted', () => {
    const schema = toSchema({})
    expect(parseWith(schema, {})).toEqual({ ok: true, value: {} })
    for (const wrong of [[], [1], null, 'text', 7, undefined])
      expect(parseWith(schema, wrong)).toEqual({ ok: false, words: 'must be an object with named fields' })
  })
})

test('a name without its plugin is refused with an example', () => {
  expect(() => defineTuple('StringInt', {})).toThrow('as in "tutorial.StringInt"')
})
