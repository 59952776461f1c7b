import { expect, test } from 'bun:test'
import { createRoot, createSignal } from 'solid-js'
import { createPagedList } from './create-paged-list.ts'

type Page = { readonly rows: readonly string[]; readonly next: string | null }

/** A list whose pages the test gives, in any order. */
function setUp(options: { keepsRows?: boolean } = {}) {
  const asked: { of: string; beyond: string | undefined; signal: AbortSignal; page: PromiseWithResolvers<Page> }[] = []
  const [of, setOf] = createSignal('a')
  const [news, setNews] = createSignal(0)
  const { list, dispose } = createRoot((end) => ({
    list: createPagedList<string, string>({
      of,
      news,
      load: (beyond, signal) => {
        const page = Promise.withResolvers<Page>()
        asked.push({ of: of(), beyond, signal, page })
        return page.promise
      },
      countMax: 4,
      ...options,
    }),
    dispose: end,
  }))
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 8; turn++) await Promise.resolve()
  }
  const answer = async (index: number, rows: readonly string[], next: string | null = null): Promise<void> => {
    asked[index]?.page.resolve({ rows, next })
    await settle()
  }
  const fail = async (index: number): Promise<void> => {
    asked[index]?.page.reject(new Error('no answer'))
    await settle()
  }
  return { asked, list, setOf, setNews, answer, fail, settle, dispose }
}

test('pages follow each other up to the most that anybody reads', async () => {
  const { asked, list, answer, dispose } = setUp()
  expect(list.state()).toBe('loading')
  await answer(0, ['1', '2'], '2')
  expect([list.rows(), list.hasMore(), list.state()]).toEqual([['1', '2'], true, 'ready'])
  void list.loadMore()
  void list.loadMore()
  expect([asked.length, asked[1]?.beyond, list.isLoadingMore()]).toEqual([2, '2', true])
  await answer(1, ['3', '4'], '4')
  expect([list.rows(), list.hasMore(), list.isLoadingMore()]).toEqual([['1', '2', '3', '4'], false, false])
  dispose()
})

test('news read it again from the beginning, and a page that comes too late is dropped', async () => {
  const { asked, list, setNews, answer, dispose } = setUp()
  await answer(0, ['1'], '1')
  void list.loadMore()
  setNews(1)
  setNews(1)
  expect([asked.length, asked[1]?.signal.aborted, list.rows()]).toEqual([3, true, ['1']])
  await answer(2, ['0', '1'])
  await answer(1, ['late'])
  expect([list.rows(), list.isLoadingMore()]).toEqual([['0', '1'], false])
  dispose()
})

test('another list shows nothing of the one before', async () => {
  const { list, setOf, answer, fail, dispose } = setUp()
  await answer(0, ['of a'], 'a')
  setOf('b')
  expect([list.rows(), list.state(), list.hasMore()]).toEqual([[], 'loading', false])
  await fail(1)
  expect([list.state(), list.words()]).toEqual(['failed', 'no answer'])
  list.refresh()
  expect(list.state()).toBe('loading')
  await answer(2, ['of b'])
  expect([list.rows(), list.state(), list.words()]).toEqual([['of b'], 'ready', undefined])
  dispose()
})

test('rows that are kept until the answer is there do not outlive one that fails', async () => {
  const { list, setOf, answer, fail, dispose } = setUp({ keepsRows: true })
  await answer(0, ['of a'])
  setOf('b')
  expect([list.rows(), list.state()]).toEqual([['of a'], 'ready'])
  await fail(1)
  expect(list.state()).toBe('failed')
  dispose()
})

test('a page that fails beside rows that are there says so, and they stay', async () => {
  const { list, answer, fail, settle, dispose } = setUp()
  await answer(0, ['1'], '1')
  void list.loadMore()
  await fail(1)
  expect([list.rows(), list.state(), list.words()]).toEqual([['1'], 'ready', 'no answer'])
  void list.loadMore()
  await answer(2, ['2'])
  await settle()
  expect([list.rows(), list.words()]).toEqual([['1', '2'], undefined])
  dispose()
})
