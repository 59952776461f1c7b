import { expect, test } from 'bun:test'
import * as v from 'valibot'
import { checkValue, valuesToldAtOnceMax } from './check-value.ts'

const schema = v.strictObject({ name: v.string(), lines: v.array(v.object({ amount: v.number() })) })
const wrong = (count: number) => ({ name: 7, lines: Array.from({ length: count }, () => ({ amount: 'x' })) })
const faultsOf = (input: unknown) => checkValue(schema, input).issues?.length

test('tells all that is wrong with a value at once', () => {
  expect(checkValue(schema, { name: 'a', lines: [{ amount: 1 }] }).success).toBe(true)
  expect(faultsOf(wrong(100))).toBe(101)
  expect(faultsOf({ name: null, lines: [null, undefined] })).toBe(3)
})

test('S3 tells the first fault only of a value that holds very many, however they are nested', () => {
  expect(faultsOf(wrong(valuesToldAtOnceMax))).toBe(1)
  const deep = JSON.parse(`${'['.repeat(valuesToldAtOnceMax)}1${']'.repeat(valuesToldAtOnceMax)}`)
  expect(faultsOf({ name: deep, lines: null })).toBe(1)
})
