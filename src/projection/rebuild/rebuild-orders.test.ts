import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { logStart } from '#kernel/position.ts'
import { createRebuildOrders, Stopped } from './rebuild-orders.ts'

const begin = {
  kind: 'begin',
  rebuildId: 'r',
  rebuildKind: 'rebuild',
  projection: 'p.q',
  toVersion: 1,
  shadowSchema: 's',
  liveSchema: 'l',
  epoch: 1,
  phase: 'queued',
  isProved: false,
  asksFirst: false,
  rateMax: null,
  isPaused: false,
} as const

test('a paused rebuild waits at the gate until it is resumed, having saved once', async () => {
  const orders = createRebuildOrders({ ...begin, isPaused: true }, createFakeClock())
  let saves = 0
  let isThrough = false
  const through = orders.gate(async () => void saves++).then(() => (isThrough = true))
  orders.hear({ kind: 'throttle', rateMax: 5 })
  await Promise.resolve()
  expect(isThrough).toBe(false)
  orders.hear({ kind: 'resume' })
  await through
  expect(saves).toBe(1)
})

test('the word to go on lets a paused rebuild through the gate', async () => {
  const orders = createRebuildOrders(
    { ...begin, phase: 'comparing', asksFirst: true, isPaused: true },
    createFakeClock(),
  )
  const through = orders.gate(async () => undefined)
  orders.hear({ kind: 'approve' })
  await through
  expect([orders.isApproved(), orders.isPaused()]).toEqual([true, false])
})

test('a stop is heard at the gate, while paused and while it rests', async () => {
  const nothing = async () => undefined
  const paused = createRebuildOrders({ ...begin, isPaused: true }, createFakeClock())
  const waiting = paused.gate(nothing)
  paused.hear({ kind: 'stop' })
  expect(waiting).rejects.toBeInstanceOf(Stopped)

  const resting = createRebuildOrders({ ...begin, rateMax: 1 }, createFakeClock())
  const rest = resting.rest({ eventCount: 30, workMs: 0 })
  resting.hear({ kind: 'stop' })
  expect(rest).rejects.toBeInstanceOf(Stopped)
  expect(resting.gate(nothing)).rejects.toBeInstanceOf(Stopped)
})

test('a throttle that is taken away ends the rest it asked for', async () => {
  const orders = createRebuildOrders({ ...begin, rateMax: 1 }, createFakeClock())
  const rest = orders.rest({ eventCount: 30, workMs: 0 })
  orders.hear({ kind: 'throttle', rateMax: null })
  await rest
})

test('a meeting is asked for once, and heard also by one who looks later', async () => {
  const clock = createFakeClock()
  const orders = createRebuildOrders(begin, clock)
  orders.hear({ kind: 'meet', position: logStart })
  expect(await orders.meeting(10)).toBe(logStart)
  const none = orders.meeting(10)
  clock.advance(10)
  expect(await none).toBeUndefined()
})
