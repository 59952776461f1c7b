import { expect, test } from 'bun:test'
import { createEffect, createRoot } from 'solid-js'
import { createKeyedLists } from './keyed-lists.ts'

function watch<T>(lists: { of(key: string): readonly T[] }, ...keys: string[]) {
  const seen: (readonly T[])[] = []
  const dispose = createRoot((end) => {
    createEffect(() => seen.push(keys.flatMap((key) => lists.of(key))))
    return end
  })
  return { seen, dispose }
}

test('a change reaches only those who look at its key', () => {
  const lists = createKeyedLists<number>()
  const [a, b] = [watch(lists, 'a'), watch(lists, 'b')]
  lists.set(new Map([['a', [1]]]))
  expect([a.seen, b.seen]).toEqual([[[], [1]], [[]]])
})

test('all changes of one moment are seen together', () => {
  const lists = createKeyedLists<number>()
  const both = watch(lists, 'a', 'b')
  lists.set(
    new Map([
      ['a', [1]],
      ['b', [2]],
    ]),
  )
  expect(both.seen).toEqual([[], [1, 2]])
})

test('an empty list is none, and who comes later finds what there is', () => {
  const lists = createKeyedLists<number>()
  lists.set(
    new Map([
      ['a', [1]],
      ['b', [2]],
    ]),
  )
  lists.set(new Map([['a', []]]))
  expect(lists.entries()).toEqual([['b', [2]]])
  expect(watch(lists, 'b').seen).toEqual([[2]])
  expect(lists.of('a')).toEqual([])
})

test('who stops looking is not told, and who looks on still is', () => {
  const lists = createKeyedLists<number>()
  const [gone, stays] = [watch(lists, 'a'), watch(lists, 'a')]
  gone.dispose()
  lists.set(new Map([['a', [1]]]))
  stays.dispose()
  const back = watch(lists, 'a')
  lists.set(new Map([['a', [1, 2]]]))
  expect(gone.seen).toEqual([[]])
  expect(stays.seen).toEqual([[], [1]])
  expect(back.seen).toEqual([[1], [1, 2]])
})
