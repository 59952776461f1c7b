import { expect, test } from 'bun:test'
import { createEditionShelf } from './edition-shelf.ts'
import { createMemoryCaches } from './testing/memory-caches.ts'

test('a worker that ends its work beside the next one takes nothing back that was changed there', async () => {
  const caches = createMemoryCaches()
  const [before, next] = [createEditionShelf(caches), createEditionShelf(caches)]
  await before.change(() => ({ current: 'one', waiting: 'two' }))
  await next.change(() => ({ current: 'two' }))
  await before.change((state) => ({ ...state, confirmedAt: 5 }))
  expect(await before.state()).toEqual({ current: 'two', confirmedAt: 5 })
})

test('what one worker changes is read and written while no other is at it', async () => {
  const caches = createMemoryCaches()
  let last: Promise<unknown> = Promise.resolve()
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done
    return done
  }
  const shelves = [createEditionShelf(caches, alone), createEditionShelf(caches, alone)]
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      shelves[index % 2]?.change((state) => ({ ...state, confirmedAt: (state.confirmedAt ?? 0) + 1 })),
    ),
  )
  expect((await createEditionShelf(caches).state()).confirmedAt).toBe(20)
})

test('looking for an edition opens no cache: one that is being removed would be made anew, and empty', async () => {
  const caches = createMemoryCaches()
  await caches.open('peek.edition.one')
  const opened: string[] = []
  const open = (name: string) => {
    opened.push(name)
    return caches.open(name)
  }
  const shelf = createEditionShelf({ ...caches, open })
  expect(await Promise.all((await shelf.ids()).map((id) => shelf.find(id)))).toEqual([undefined])
  expect(await shelf.find('two')).toBeUndefined()
  expect(opened).toEqual([])
})
