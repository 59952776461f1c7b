import { beforeEach, expect, test } from 'bun:test'
import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { keepSaved } from './keep-saved.ts'

let clock: FakeClock
let state = 0
let saves: { readonly state: number; readonly done: Deferred<void> }[] = []
let lostCount = 0

beforeEach(() => {
  clock = createFakeClock()
  ;[state, saves, lostCount] = [0, [], 0]
})

const keep = () =>
  keepSaved({
    save: () => {
      const done = createDeferred<void>()
      saves.push({ state, done })
      return done.promise
    },
    onLostLeadership: () => lostCount++,
    clock,
    log: silentLog,
  })
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

test('saves one at a time, and then what became of it meanwhile, once', async () => {
  const kept = keep()
  for (state = 1; state <= 3; state++) kept.save('now')
  expect(saves.map((save) => save.state)).toEqual([1])
  saves[0]?.done.resolve()
  await settle()
  expect(saves.map((save) => save.state)).toEqual([1, 4])
  saves[1]?.done.resolve()
  await kept.flush()
  expect(saves).toHaveLength(2)
})

test('what may wait is saved after a while, or when somebody wants it saved', async () => {
  const kept = keep()
  kept.save('soon')
  kept.save('soon')
  expect(saves).toHaveLength(0)
  clock.advance(3_000)
  expect(saves).toHaveLength(1)
  saves[0]?.done.resolve()
  await settle()
  kept.save('soon')
  const flushed = kept.flush()
  expect(saves).toHaveLength(2)
  saves[1]?.done.resolve()
  await flushed
})

test('a database that is away is asked again, with what is true by then', async () => {
  const kept = keep()
  kept.save('now')
  state = 7
  saves[0]?.done.reject(new PlatformError('unavailable', 'away'))
  await settle()
  clock.advance(500)
  await settle()
  expect(saves.map((save) => save.state)).toEqual([0, 7])
  saves[1]?.done.resolve()
  await kept.stop()
})

test('seam 9 another leader ends it', async () => {
  const kept = keep()
  kept.save('now')
  saves[0]?.done.reject(new PlatformError('lost-leadership', 'another one'))
  await settle()
  kept.save('now')
  await kept.flush()
  expect([saves.length, lostCount]).toEqual([1, 1])
})
