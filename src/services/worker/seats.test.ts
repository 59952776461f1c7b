import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { aheadPerPlace, createSeats, type Seat, type Seats } from './seats.ts'

const isSettled = async (promise: Promise<boolean>): Promise<boolean | undefined> => {
  let found: boolean | undefined
  void promise.then((value) => (found = value))
  for (let n = 0; n < 5; n++) await Promise.resolve()
  return found
}
function makeRig(placesMax: number) {
  const clock = createFakeClock(1_000)
  const seats = createSeats({ placesMax, clock })
  return { clock, seats, takeAll: () => takeAll(seats) }
}
function takeAll(seats: Seats): Seat[] {
  const taken: Seat[] = []
  while (seats.hasRoom()) taken.push(seats.take())
  return taken
}
async function runShort({ clock, seats }: ReturnType<typeof makeRig>): Promise<void> {
  const seat = seats.take()
  await seat.sit()
  clock.advance(1)
  seat.leave()
}

test('of jobs that nobody knows to be short as many are leased as there are places', () => {
  expect(makeRig(2).takeAll()).toHaveLength(2)
})

test('of short ones a few more are leased, and sit down in their order as places become free', async () => {
  const rig = makeRig(1)
  await runShort(rig)
  const [first, second, third] = rig.takeAll()
  const sat = [first, second, third].map((seat) => seat?.sit() ?? Promise.resolve(false))
  expect(await Promise.all(sat.map(isSettled))).toEqual([true, undefined, undefined])
  expect(rig.seats.sittingCount()).toBe(1)
  first?.leave()
  expect(await Promise.all(sat.map(isSettled))).toEqual([true, true, undefined])
  expect(rig.seats.sittingCount()).toBe(1)
})

test('one that finds no place soon after all goes elsewhere, and no further one is leased ahead', async () => {
  const rig = makeRig(1)
  await runShort(rig)
  const [long, second, ...rest] = rig.takeAll()
  expect(rest).toHaveLength(aheadPerPlace - 1)
  await long?.sit()
  const waiting = second?.sit() ?? Promise.resolve(true)
  rig.clock.advance(1_000)
  expect(await waiting).toBe(false)
  for (const seat of [second, ...rest]) seat?.leave()
  expect(rig.takeAll()).toEqual([])
  long?.leave()
  expect(rig.takeAll()).toHaveLength(1)
})

test('a long job in one place keeps all from being leased ahead', async () => {
  const rig = makeRig(2)
  const long = rig.seats.take()
  await long.sit()
  for (let n = 0; n < 20; n++) await runShort(rig)
  expect(rig.takeAll()).toHaveLength(1 + 2 * aheadPerPlace)
  rig.clock.advance(300)
  expect(rig.seats.hasRoom()).toBe(false)
})

test('one that leaves while it waits takes no place', async () => {
  const rig = makeRig(1)
  await runShort(rig)
  const [first, second, third] = rig.takeAll()
  await first?.sit()
  const gone = second?.sit() ?? Promise.resolve(true)
  const next = third?.sit() ?? Promise.resolve(false)
  second?.leave()
  first?.leave()
  expect([await gone, await next, rig.seats.sittingCount()]).toEqual([false, true, 1])
})
