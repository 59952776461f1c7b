/** Read models whose rows another version made, and the way back to them: on a real Postgres, the engine in this process. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createParkingControl } from '#projection/parking/create-parking-control.ts'
import { keptSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { eventually } from '#support/eventually.ts'
import {
  ask,
  doubled,
  id,
  type Leader,
  type LeaderOptions,
  live,
  type RebuildRig,
  startRebuildRig,
  until,
} from '#support/rebuild-rig.ts'

let rig: RebuildRig
beforeAll(async () => {
  rig = await startRebuildRig()
}, 120_000)
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]()
})
beforeEach(() => rig.reset())
afterEach(() => rig.stopLeaders())

describe('another version at start', () => {
  const upgrade = async (options: LeaderOptions = {}): Promise<Leader> => {
    await rig.record('a', 1, 2)
    const before = rig.lead()
    await rig.untilLive(before)
    await before.stop()
    return rig.lead({ loaded: doubled, ...options })
  }

  test('P3 is built by itself beside the old rows, which go on meanwhile', async () => {
    const after = await upgrade()
    const done = await until(after, 'done')
    expect(done).toMatchObject({
      by: 'peek',
      fromVersion: 1,
      toVersion: 2,
      reason: expect.stringContaining('Version 2'),
    })
    expect([await rig.sums(), await rig.sums(keptSchemaOf(live))]).toEqual([{ a: 6 }, { a: 3 }])
    await rig.record('a', 1)
    await rig.untilLive(after)
    expect(await rig.sums()).toEqual({ a: 8 })
    expect(after.projector.status()).toMatchObject({ version: 2, loadedVersion: 2 })
  })

  test('which is said once, however often it is tried', async () => {
    const asked: (string | undefined)[] = []
    const after = await upgrade({
      onRecord: ({ type, id: event }) => {
        if (type !== 'peek.ProjectionRebuildRequested') return
        asked.push(event)
        // It is in the log, but the answer did not come back.
        if (asked.length === 1) throw new PlatformError('unavailable', 'The event store is away.')
      },
    })
    await until(after, 'done')
    expect(asked).toEqual([expect.any(String), asked[0]])
  })

  test('also where no code of the old one was kept: its rows stand still until the swap', async () => {
    const after = await upgrade({ kept: false })
    await rig.record('a', 5)
    await until(after, 'done')
    await rig.untilLive(after)
    expect(await rig.sums()).toEqual({ a: 16 })
    expect(after.projector.status()).toMatchObject({ version: 2, frozenWords: null })
  })

  test('and back in one call, which later starts leave alone until a rebuild', async () => {
    const after = await upgrade()
    await until(after, 'done')
    await rig.record('a', 10)
    await rig.untilLive(after)
    await eventually('it can be returned to', async () => (await after.control.kept())[0]?.obstacle === null)
    expect(await after.control.kept()).toMatchObject([{ projection: id, version: 1, tableBytes: expect.any(Number) }])
    const back = await after.control.start(ask({ kind: 'return', reason: 'counts twice' }))
    expect(back).toMatchObject({ fromVersion: 2, toVersion: 1 })
    await until(after, 'done', back)
    await rig.record('a', 1)
    await rig.untilLive(after)
    expect([await rig.sums(), after.projector.status().version]).toEqual([{ a: 14 }, 1])
    await after.stop()

    const next = rig.lead({ loaded: doubled })
    await rig.record('a', 1)
    await rig.untilLive(next)
    expect([await rig.sums(), next.control.pins().get(id)]).toEqual([{ a: 15 }, 1])
    expect(next.control.list().every(({ phase }) => phase === 'done')).toBe(true)
    const again = await next.control.start(ask())
    await until(next, 'done', again)
    expect([await rig.sums(), next.control.pins().size]).toEqual([{ a: 30 }, 0])
  })

  test('P5 and back: an event skipped meanwhile is not parked by the rows of before, and what came behind it is in them', async () => {
    const tooMuch = 3_000_000_000
    await rig.record('a', 1, tooMuch, 4)
    await rig.record('b', 1)
    const before = rig.lead()
    await rig.untilLive(before)
    await before.stop()
    const after = rig.lead({ loaded: doubled })
    await until(after, 'done')
    await rig.untilLive(after)
    const parking = createParkingControl({
      sql: rig.sql,
      store: rig.store(),
      projectors: () => [after.projector],
      record: async () => undefined,
      clock: systemClock,
      log: silentLog,
    })
    const [first] = await parking.entities({ projection: id, after: null, countMax: 1 })
    const { stream, eventId } = must(first, 'it is parked')
    // A projector that begins anew just then asks for another try.
    await eventually('it is skipped', async () => {
      const skip = await parking.skip({ stream, eventId }, { projection: id, by: 'ann', reason: 'a slip' })
      const { state, outcome } = await parking.finished(skip.id)
      return state === 'done' && outcome?.stillParkedCount === 0
    })
    expect(await rig.sums()).toEqual({ a: 10, b: 2 })
    await rig.record('a', 10)
    const back = await after.control.start(ask({ kind: 'return', reason: 'counts twice' }))
    await until(after, 'done', back)
    await rig.record('a', 1)
    // The projector begins on the rows it returned to when the swap is over, and settles them then.
    await eventually('nothing is parked and the rows are up to date', async () =>
      Bun.deepEquals([await rig.sums(), await parking.groups(id)], [{ a: 16, b: 1 }, []]),
    )
    await parking.stop()
  })

  test('overtakes what was being built of a version that is gone', async () => {
    await rig.record('a', 1)
    const first = rig.lead()
    await rig.untilLive(first)
    const started = await first.control.start(ask({ asksFirst: true }))
    await until(first, 'comparing')
    await first.stop()
    const after = rig.lead({ loaded: doubled })
    expect(await until(after, 'cancelled', started)).toMatchObject({
      error: expect.stringContaining('not loaded any more'),
    })
    await until(after, 'done')
    expect(await rig.sums()).toEqual({ a: 2 })
    expect(after.said.filter(({ type }) => type === 'peek.ProjectionRebuildCancelled')).toMatchObject([
      { user: 'peek', data: { rebuild: started.id, toVersion: 1 } },
    ])
  })
})
