import { expect, test } from 'bun:test'
import { createDeferred } from '#kernel/deferred.ts'
import { settle } from '../testing/settle.ts'
import { createTestDevice, toTestAction } from './testing/drive-outbox.ts'

test('E3 what a store answers late leaves no gap: nothing overtakes what came before it', async () => {
  const device = createTestDevice()
  const { outbox, store } = device.openPage()
  await outbox.ready()
  await settle()
  const { after, put } = store.outbox
  const [read, firstPut] = [createDeferred<void>(), createDeferred<void>()]
  let putCount = 0
  Object.assign(store.outbox, {
    // As it stood when it was asked.
    after: async (...args: Parameters<typeof after>) => {
      const found = await after(...args)
      await read.promise
      return found
    },
    put: async (...args: Parameters<typeof put>) => {
      const record = await put(...args)
      if (putCount++ === 0) await firstPut.promise
      return record
    },
  })
  // Another page says that it has pushed something: this one looks, before there is anything.
  device.tellOfPush(1)
  await settle()
  const [first, second] = [outbox.push(toTestAction('tank')), outbox.push(toTestAction('tank'))]
  await second
  read.resolve()
  await settle()
  firstPut.resolve()
  await first
  await settle()
  expect(device.sent.map(({ action }) => action.seq)).toEqual([1, 2])
})
