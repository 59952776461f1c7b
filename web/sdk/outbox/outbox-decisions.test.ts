import { expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { settle } from '../testing/settle.ts'
import { createTestDevice, pushAll, toTestAction } from './testing/drive-outbox.ts'

const accepted: Answer = { outcome: 'accepted', position: '7' }
const rejected: Answer = { outcome: 'rejected', kind: 'too-full', words: 'The tank is full.', position: '8' }
const tooLarge: Answer = { outcome: 'failed', kind: 'too-large', words: 'It is too large.' }

test('what depends on another goes when that is accepted, also from another lane', async () => {
  const { device, order, fill, outbox } = await setUp()
  expect(device.sent.map(({ action }) => action.id)).toEqual([order.id])
  expect(outbox.waitsFor(fill.id)).toEqual({ id: order.id, isHeldUp: false, words: 'Waits for “Order it”.' })
  await device.answer(0, { ...accepted, changed: 'Two instead of three.' })
  expect(device.sent.map(({ action }) => action.id)).toEqual([order.id, fill.id])
  expect(outbox.waitsFor(fill.id)).toBeUndefined()
})

test('a refused one holds up what depends on it, also through others, and nothing else', async () => {
  const { device, order, fill, bill, outbox } = await setUp()
  await device.answer(0, rejected)
  const [other] = await pushAll(outbox, toTestAction('tank'))
  expect(device.sent.map(({ action }) => action.id)).toEqual([order.id, other?.id].map(String))
  const words = 'Waits for “Order it”, which was refused.'
  expect([outbox.waitsFor(fill.id), outbox.waitsFor(bill.id)]).toEqual([
    { id: order.id, isHeldUp: true, words },
    { id: order.id, isHeldUp: true, words },
  ])
  expect(outbox.dependants(order.id).map(({ id }) => id)).toEqual([fill.id, bill.id])
  expect(outbox.status()).toMatchObject({ unsent: 3, attention: 1, isSynced: false })
})

test('a refused one that is edited goes under a new id, and what depended on it follows', async () => {
  const { device, order, fill, bill, outbox } = await setUp()
  await device.answer(0, rejected)
  const anew = await outbox.resend(order.id, '{"count":2}')
  expect(anew).toMatchObject({ body: '{"count":2}', replaces: order.id, title: 'Order it', seq: 4 })
  expect(outbox.get(order.id)).toMatchObject({ state: 'refused', replacedBy: anew.id })
  expect(outbox.status()).toMatchObject({ attention: 0 })
  await device.answer(1, accepted)
  await device.answer(2, accepted)
  await device.answer(3, accepted)
  expect(device.sent.map(({ action }) => action.id)).toEqual([order.id, anew.id, fill.id, bill.id])
  expect(outbox.status()).toMatchObject({ isSynced: true, unsent: 0 })
})

test('it is sent anew once, from however many windows', async () => {
  const { device, order, outbox } = await setUp()
  const other = device.openPage({ isSender: false }).outbox
  await device.answer(0, rejected)
  const outcomes = await Promise.allSettled([outbox.resend(order.id), other.resend(order.id)])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(outbox.resend(order.id)).rejects.toMatchObject({ kind: 'bad-input' })
})

test('one that is discarded takes along what depends on it', async () => {
  const { device, order, fill, bill, outbox } = await setUp()
  await device.answer(0, rejected)
  await outbox.discard(order.id)
  expect([order, fill, bill].map(({ id }) => outbox.get(id)?.state)).toEqual(['discarded', 'discarded', 'discarded'])
  expect(outbox.status()).toMatchObject({ unsent: 0, attention: 0, isSynced: true })
  expect(device.sent).toHaveLength(1)
})

test('one that is discarded lets go what depends on it, where a person wants that', async () => {
  const { device, order, fill, bill, outbox } = await setUp()
  await device.answer(0, rejected)
  await outbox.discard(order.id, { dependants: 'release' })
  expect(device.sent.map(({ action }) => action.id)).toEqual([order.id, fill.id])
  await device.answer(1, accepted)
  expect(device.sent.at(-1)?.action.id).toBe(bill.id)
})

test('only what a person saw go along with one goes: what is pushed while that is done stays, and waits', async () => {
  const { device, order, outbox, page } = await setUp()
  await device.answer(0, rejected)
  const { get } = page.store.outbox
  // A store that is slow to answer, as under load.
  const asked = createDeferred<void>()
  Object.assign(page.store.outbox, { get: (id: string) => asked.promise.then(() => get(id)) })
  const gone = outbox.discard(order.id)
  const [late] = await pushAll(outbox, toTestAction('late', { dependsOn: [order.id] }))
  asked.resolve()
  await gone
  const { id } = must(late, 'it was pushed')
  expect(outbox.get(order.id)?.state).toBe('discarded')
  expect(outbox.get(id)?.state).toBe('waiting')
  expect(outbox.waitsFor(id)).toMatchObject({ isHeldUp: true, words: 'Waits for “Order it”, which was discarded.' })
})

test('what another window has dealt with is not discarded, and nothing that waits for it either', async () => {
  const { device, order, fill, outbox } = await setUp()
  const other = device.openPage({ isSender: false, isDeaf: true }).outbox
  await device.answer(0, rejected)
  const anew = await outbox.resend(order.id)
  const dealtWith = { kind: 'bad-input', message: '“Order it” was dealt with in another window already.' }
  expect(other.discard(order.id)).rejects.toMatchObject(dealtWith)
  await settle()
  expect(outbox.get(order.id)).toMatchObject({ state: 'refused', replacedBy: anew.id })
  expect(outbox.get(fill.id)?.state).toBe('waiting')
  await device.answer(1, rejected)
  const outcomes = await Promise.allSettled([outbox.discard(anew.id), other.discard(anew.id)])
  expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: dealtWith }])
})

test('one that waits for what was discarded meanwhile goes when a person says so', async () => {
  const { device, order, outbox } = await setUp()
  await device.answer(0, rejected)
  await outbox.discard(order.id)
  const [late] = await pushAll(outbox, toTestAction('late', { dependsOn: [order.id] }))
  const { id } = must(late, 'it was pushed')
  expect(outbox.waitsFor(id)).toMatchObject({ isHeldUp: true, words: 'Waits for “Order it”, which was discarded.' })
  await outbox.retry(id)
  await device.answer(1, accepted)
  expect(outbox.get(id)?.state).toBe('accepted')
  const words = `“${late?.title}” cannot be discarded: it has been done.`
  expect(outbox.discard(id)).rejects.toMatchObject({ kind: 'bad-input', message: words })
})

test('what is let go of one in this window and of another in that, waits for neither', async () => {
  const device = createTestDevice()
  const { outbox } = device.openPage()
  const other = device.openPage({ isSender: false, isDeaf: true }).outbox
  const [tank, pump] = await pushAll(outbox, toTestAction('tank'), toTestAction('pump'))
  const needed = [must(tank, 'it was pushed').id, must(pump, 'it was pushed').id] as const
  const [waiting] = await pushAll(outbox, toTestAction('valve', { dependsOn: needed }))
  for (const index of [0, 1]) await device.answer(index, rejected)
  for (let looks = 0; looks < 2; looks++) {
    device.clock.advance(10_000)
    await settle()
  }
  await outbox.discard(needed[0], { dependants: 'release' })
  await other.discard(needed[1], { dependants: 'release' })
  await settle()
  expect(device.sent.slice(2).map(({ action }) => action.id)).toEqual([must(waiting, 'it was pushed').id])
})

test('one that was stuck elsewhere when it was to be sent, and tried again before anybody looked, goes', async () => {
  const device = createTestDevice()
  device.setState({ is: 'offline', words: 'No connection.' })
  const { outbox, store } = device.openPage()
  const [record] = await pushAll(outbox, toTestAction('tank'))
  const { id } = must(record, 'it was pushed')
  device.disk.outbox.change([{ id, change: { state: 'stuck' } }])
  const { change } = store.outbox
  Object.assign(store.outbox, {
    change: async (...args: Parameters<typeof change>) => {
      const made = await change(...args)
      device.disk.outbox.change([{ id, onlyIn: ['stuck'], change: { state: 'waiting' } }])
      return made
    },
  })
  device.setState({ is: 'online' })
  await settle()
  expect(device.sent.map(({ action }) => action.id)).toEqual([id])
})

test('what may have reached logic is not discarded, and what was refused is not tried again as it was', async () => {
  const { device, order, outbox } = await setUp()
  const words = '“Order it” cannot be discarded: it has been sent, and may have been done. Wait for its answer.'
  expect(outbox.discard(order.id)).rejects.toMatchObject({ kind: 'bad-input', message: words })
  await device.answer(0, rejected)
  expect(outbox.retry(order.id)).rejects.toMatchObject({ kind: 'bad-input' })
  expect(outbox.discard('00000000-0000-4000-8000-00000000ffff')).rejects.toMatchObject({ kind: 'not-found' })
})

test('one that is stuck can be edited and sent anew, or discarded', async () => {
  const { device, order, fill, outbox } = await setUp()
  await device.answer(0, tooLarge)
  expect(outbox.waitsFor(fill.id)).toMatchObject({
    isHeldUp: true,
    words: 'Waits for “Order it”, which could not be taken.',
  })
  const anew = await outbox.resend(order.id, { body: '{"count":1}', title: 'Order one', version: 2 })
  expect(outbox.get(order.id)).toMatchObject({ state: 'discarded', replacedBy: anew.id })
  expect(device.sent.at(-1)?.action).toMatchObject({ id: anew.id, version: 2 })
  await device.answer(1, accepted)
  expect(device.sent.at(-1)?.action.id).toBe(fill.id)
})

test('what a person decided holds over a restart', async () => {
  const { device, order, fill, page } = await setUp()
  await device.answer(0, rejected)
  const anew = await page.outbox.resend(order.id)
  page.kill()
  const { outbox } = device.openPage()
  await outbox.ready()
  expect(outbox.waitsFor(fill.id)).toEqual({
    id: anew.id,
    isHeldUp: true,
    words: 'Waits for “Order it”, which was sent anew.',
  })
  device.sent.length = 0
  await outbox.retry(anew.id)
  await pushAll(outbox)
  await device.answer(0, accepted)
  expect(device.sent.map(({ action }) => action.id)).toEqual([anew.id, fill.id])
})

/** An order, what is filled by it, and the bill for that: the last two depend on what comes before. */
async function setUp() {
  const device = createTestDevice()
  const page = device.openPage()
  const { outbox } = page
  const [order] = await pushAll(outbox, toTestAction('order', { title: 'Order it' }))
  const [fill] = await pushAll(outbox, toTestAction('tank', { title: 'Fill it', dependsOn: [order?.id ?? ''] }))
  const [bill] = await pushAll(outbox, toTestAction('bill', { title: 'Bill it', dependsOn: [fill?.id ?? ''] }))
  const why = 'it was pushed'
  return { device, page, outbox, order: must(order, why), fill: must(fill, why), bill: must(bill, why) }
}
