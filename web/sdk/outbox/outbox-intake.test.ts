import { expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { settle } from '../testing/settle.ts'
import { createTestDevice, pushAll, type TestDevice, toTestAction } from './testing/drive-outbox.ts'

const rejected: Answer = { outcome: 'rejected', kind: 'too-full', words: 'The tank is full.', position: '8' }

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

test('what an action depends on is known when it is taken, also where no more could be kept of what has ended', async () => {
  const device = createTestDevice()
  device.setState({ is: 'offline', words: 'No connection.' })
  const { outbox } = device.openPage()
  const [needed] = await pushAll(outbox, toTestAction('tank'))
  const { id } = must(needed, 'it was pushed')
  await outbox.discard(id)
  device.clock.advance(1)
  // It was forgotten long ago, and the next one that ended makes it forget again.
  for (const other of await pushAll(outbox, ...Array.from({ length: 600 }, () => toTestAction('pump'))))
    await outbox.discard(other.id)
  expect(outbox.get(id)).toBeUndefined()
  const [waiting] = await pushAll(outbox, toTestAction('valve', { dependsOn: [id] }))
  device.setState({ is: 'online' })
  await settle()
  expect(device.sent).toHaveLength(0)
  expect(outbox.waitsFor(must(waiting, 'it was pushed').id)).toMatchObject({ id, isHeldUp: true })
})

test('what a store could not say at once is asked again: one that was let go elsewhere goes', async () => {
  const { device, leader, outbox, waiting } = await setUpHeldUp()
  const { getMany } = leader.store.outbox
  let isBusy = true
  Object.assign(leader.store.outbox, {
    getMany: (ids: readonly string[]) => (isBusy ? Promise.reject(new Error('busy')) : getMany(ids)),
  })
  await outbox.retry(waiting.id)
  await settle()
  isBusy = false
  await passTime(device)
  expect(device.sent.map(({ action }) => action.id).slice(1)).toEqual([waiting.id])
})

test.each(['the page that sends', 'another page'])('one that %s let go while it was on its way goes', async (whose) => {
  const { device, leader, outbox, needed } = await setUpHeldUp()
  const decider = whose === 'another page' ? outbox : leader.outbox
  const { getMany } = leader.store.outbox
  const forgotten = device.makeUuid()
  const learned = createDeferred<void>()
  Object.assign(leader.store.outbox, {
    getMany: async (ids: readonly string[]) => {
      const found = await getMany(ids)
      if (ids.includes(forgotten)) await learned.promise
      return found
    },
  })
  device.setState({ is: 'offline', words: 'No connection.' })
  const [late] = await pushAll(decider, toTestAction('valve', { dependsOn: [needed.id, forgotten] }))
  const { id } = must(late, 'it was pushed')
  const retried = decider.retry(id)
  await settle()
  learned.resolve()
  await retried
  await settle()
  device.setState({ is: 'online' })
  await passTime(device)
  expect(device.sent.map(({ action }) => action.id).slice(1)).toEqual([id])
})

/** Of two pages the one that does not send has one that waits for what was discarded. */
async function setUpHeldUp() {
  const device = createTestDevice()
  const leader = device.openPage()
  const { outbox } = device.openPage({ isSender: false })
  const [first] = await pushAll(outbox, toTestAction('tank'))
  const needed = must(first, 'it was pushed')
  await device.answer(0, rejected)
  await outbox.discard(needed.id)
  const [second] = await pushAll(outbox, toTestAction('pump', { dependsOn: [needed.id] }))
  return { device, leader, outbox, needed, waiting: must(second, 'it was pushed') }
}

async function passTime({ clock }: TestDevice): Promise<void> {
  for (let looks = 0; looks < 4; looks++) {
    clock.advance(10_000)
    await settle()
  }
}
