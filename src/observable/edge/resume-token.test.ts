import { expect, test } from 'bun:test'
import { encodeToken, isBeyond, isSameLife, parseToken } from './resume-token.ts'
import { at } from './testing/model-projection.ts'

const point = { incarnation: 'one', version: 3, position: at(7) }

test('O2 a token says where it was made', () => {
  expect(parseToken(encodeToken(point))).toEqual(point)
})

test('O2 a token that was not made here is no token', () => {
  const wrong = [
    '',
    '/',
    'one',
    'one/3',
    `one/3/7`,
    `one/x/${at(7)}`,
    `/3/${at(7)}`,
    `one//${at(7)}`,
    `one/3/${at(7)}/`,
  ]
  for (const token of [undefined, ...wrong]) expect(parseToken(token)).toBeUndefined()
})

test('O1 points of different lives do not compare', () => {
  expect(isBeyond({ ...point, position: at(8) }, point)).toBe(true)
  expect(isBeyond(point, point)).toBe(false)
  expect(isBeyond({ ...point, incarnation: 'two', position: at(8) }, point)).toBe(false)
  expect(isSameLife(point, { ...point, version: 4 })).toBe(false)
})
