import { expect, test } from 'bun:test'
import { createEffect, createRoot, createSignal } from 'solid-js'
import { createSettled } from './create-settled.ts'

test('what comes and goes before it has settled is never seen', async () => {
  const [value, setValue] = createSignal('online')
  const seen: string[] = []
  const done = Promise.withResolvers<void>()
  const dispose = createRoot((end) => {
    const settled = createSettled(value, 5)
    createEffect(() => {
      seen.push(settled())
      if (seen.length === 2) done.resolve()
    })
    return end
  })
  setValue('sending')
  setValue('online')
  setValue('offline')
  await done.promise
  expect(seen).toEqual(['online', 'offline'])
  dispose()
})
