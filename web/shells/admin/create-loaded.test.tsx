import { expect, test } from 'bun:test'
import { createRoot, createSignal } from 'solid-js'
import { createLoaded } from './create-loaded.ts'

/** A loader whose answers the test gives, in any order. */
function setUp() {
  const asked: { source: string; signal: AbortSignal; answer: PromiseWithResolvers<string> }[] = []
  const [source, setSource] = createSignal<string>()
  const { loaded, dispose } = createRoot((end) => ({
    loaded: createLoaded(source, (wanted: string, signal) => {
      const answer = Promise.withResolvers<string>()
      asked.push({ source: wanted, signal, answer })
      return answer.promise
    }),
    dispose: end,
  }))
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  }
  return { asked, setSource, loaded, dispose, settle }
}

test('nothing is asked without a question, and the answer to the last question counts', async () => {
  const { asked, setSource, loaded, dispose, settle } = setUp()
  expect([asked.length, loaded.state()]).toEqual([0, 'loading'])
  setSource('a')
  setSource('b')
  expect(asked.map(({ source, signal }) => [source, signal.aborted])).toEqual([
    ['a', true],
    ['b', false],
  ])
  asked[1]?.answer.resolve('of b')
  asked[0]?.answer.resolve('of a')
  await settle()
  expect([loaded.value(), loaded.state()]).toEqual(['of b', 'ready'])
  dispose()
})

test('a failure is said, what was known stays, and it can be tried again', async () => {
  const { asked, setSource, loaded, dispose, settle } = setUp()
  setSource('a')
  asked[0]?.answer.reject(new Error('no answer'))
  await settle()
  expect([loaded.state(), loaded.words()]).toEqual(['failed', 'no answer'])
  loaded.reload()
  asked[1]?.answer.resolve('of a')
  await settle()
  expect([loaded.state(), loaded.words(), loaded.value()]).toEqual(['ready', undefined, 'of a'])
  loaded.reload()
  asked[2]?.answer.reject(new Error('gone'))
  await settle()
  expect([loaded.state(), loaded.words(), loaded.value()]).toEqual(['ready', 'gone', 'of a'])
  dispose()
})
