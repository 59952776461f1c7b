/** Rebuilds that somebody asks for and steers, by the leading logic, on a real Postgres, their engine in this process. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { end, newRebuild } from '#projection/rebuild/rebuild-machine.ts'
import { insertRebuild, loadEarlierRates, saveRebuild } from '#projection/rebuild/rebuild-table.ts'
import { keptSchemaOf, parkedNameOf, shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import type { QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { eventually } from '#support/eventually.ts'
import {
  ask,
  id,
  live,
  moody,
  namesOf,
  type RebuildRig,
  refused,
  startRebuildRig,
  state,
  toCode,
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

describe('a rebuild that somebody asks for', () => {
  test('P3 P4 takes the place of rows that went wrong, proved, and the log says who wanted it and how it went', async () => {
    await rig.record('a', 1, 2)
    const leader = rig.lead()
    await rig.untilLive(leader)
    await rig.sql.unsafe(`update "${live}".counters set sum = 99`)
    const started = await leader.control.start(ask())
    expect(started).toMatchObject({ phase: 'queued', by: 'ann', fromVersion: 1, toVersion: 1 })
    const done = await until(leader, 'done')
    expect(await rig.sums()).toEqual({ a: 3 })
    expect(done).toMatchObject({ eventCount: 2, error: null, proof: { outcome: 'equal' }, differences: { changed: 1 } })
    expect(done.swapMs).toBeGreaterThan(0)
    await eventually('its end is in the log', () => leader.said.length === 2)
    expect(namesOf(leader)).toEqual(['RebuildRequested by ann', 'RebuildCompleted by peek'])
    expect(leader.said[0]?.data).toMatchObject({ reason: 'to be sure', projection: id })
    expect(leader.said[1]?.data).toMatchObject({ requestedBy: 'ann', proof: { outcome: 'equal' } })
    await rig.record('a', 4)
    await rig.untilLive(leader)
    expect(await rig.sums()).toEqual({ a: 7 })
  })

  test('is the only one of its projection', async () => {
    await rig.record('a', 1)
    const leader = rig.lead()
    await rig.untilLive(leader)
    const both = await Promise.all([refused(leader.control.start(ask())), refused(leader.control.start(ask()))])
    expect(both.sort()).toEqual([
      `already-running: ${id} is being rebuilt already: wait, or cancel that first.`,
      'taken',
    ])
    await until(leader, 'done')
  })

  test('asked for as soon as the one before is done waits until that has told how it went, and begins', async () => {
    const told = createDeferred<void>()
    const leader = rig.lead({
      onRecord: ({ type }) => (type === 'peek.ProjectionRebuildCompleted' ? told.promise : undefined),
    })
    await rig.record('a', 1)
    await rig.untilLive(leader)
    const first = await leader.control.start(ask())
    await until(leader, 'done', first)
    const asked = refused(leader.control.start(ask()))
    expect(await Promise.race([asked, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe('waits')
    told.resolve()
    expect(await asked).toBe('taken')
    await eventually('both are done', () => leader.control.list().filter(({ phase }) => phase === 'done').length === 2)
  })

  test('is refused for what there is not', async () => {
    const leader = rig.lead()
    await rig.untilLive(leader)
    expect(await refused(leader.control.start(ask({ projection: 'test.counter' })))).toContain(
      'did you mean "test.counters"',
    )
    expect(await refused(leader.control.start(ask({ kind: 'return' })))).toContain('not-found: No earlier tables')
    expect(await refused(leader.control.pause('x', 'ann'))).toContain('not-found')
    expect([leader.said, leader.control.list()]).toEqual([[], []])
  })

  test('that asks first shows what differs, waits, and goes on with a word', async () => {
    await rig.record('a', 1)
    await rig.record('b', 2)
    const leader = rig.lead()
    await rig.untilLive(leader)
    await rig.sql.unsafe(`update "${live}".counters set sum = 99 where id = 'b'`)
    const started = await leader.control.start(ask({ asksFirst: true }))
    expect(await refused(leader.control.approve(started.id, 'ann'))).toContain('nothing to approve')
    await until(leader, 'comparing')
    await eventually('the differences are counted', () => state(leader).differences !== null)
    const differences = (after: string | null) => leader.control.differences(started.id, { after, countMax: 10 })
    expect(await differences(null)).toMatchObject([
      { table: 'counters', key: 'b', live: { sum: 99 }, shadow: { sum: 2 } },
    ])
    expect(await differences('counters b')).toEqual([])
    expect(await rig.sums()).toEqual({ a: 1, b: 99 })
    await leader.control.approve(started.id, 'bob')
    await until(leader, 'done')
    expect(await rig.sums()).toEqual({ a: 1, b: 2 })
    expect(namesOf(leader)).toContain('RebuildApproved by bob')
    expect(namesOf(leader).filter((name) => name.startsWith('RebuildApproved'))).toHaveLength(1)
  })

  test('P4 of a projection that is not a function of its events is refused by the proof, and nothing changes', async () => {
    await rig.record('a', 1, 2)
    const leader = rig.lead({ codes: [toCode(moody())] })
    await rig.untilLive(leader)
    await leader.control.start(ask())
    const failed = await until(leader, 'failed')
    expect(failed).toMatchObject({ proof: { outcome: 'different' } })
    expect(failed.error).toContain('counters a')
    await eventually('its end is in the log', () => namesOf(leader).includes('RebuildFailed by peek'))
    expect(leader.said.at(-1)?.data).toMatchObject({
      proof: { outcome: 'different' },
      error: expect.stringContaining('proof'),
    })
    expect([await rig.sums(), await rig.exists(shadowSchemaOf(live)), await leader.control.kept()]).toEqual([
      { a: 3 },
      false,
      [],
    ])
    expect(leader.projector.status().state).toBe('live')
  })

  test('that is cancelled leaves nothing behind, and another may begin', async () => {
    await rig.record('a', 1)
    const leader = rig.lead()
    await rig.untilLive(leader)
    const started = await leader.control.start(ask({ asksFirst: true }))
    await until(leader, 'comparing')
    expect(await rig.exists(shadowSchemaOf(live))).toBe(true)
    await leader.control.cancel(started.id, 'bob', 'changed my mind')
    await eventually('the shadow is gone', async () => !(await rig.exists(shadowSchemaOf(live))))
    expect(state(leader)).toMatchObject({ phase: 'cancelled', error: null })
    expect(await refused(leader.control.cancel(started.id, 'bob', ''))).toContain('bad-input')
    await eventually('nothing runs', async () => (await refused(leader.control.start(ask()))) === 'taken')
    await eventually('the other is through', () => namesOf(leader).includes('RebuildCompleted by peek'))
    expect(namesOf(leader)).toContain('RebuildCancelled by bob')
    expect(namesOf(leader)).not.toContain('RebuildFailed by peek')
  })

  test('that swaps while somebody cancels it says that it is too late, and the log tells of no cancelling', async () => {
    await rig.record('a', 1)
    const leader = rig.lead()
    await rig.untilLive(leader)
    const started = await leader.control.start(ask({ asksFirst: true }))
    await until(leader, 'comparing')
    const free = createDeferred<void>()
    const blocking = inTransaction(rig.sql, async (tx) => {
      await lockUntilCommit(tx, live)
      await free.promise
    })
    await leader.control.approve(started.id, 'ann')
    await eventually('the swap waits for its lock', async () => {
      // Other tests may wait for locks of their own on this server.
      const [row] = await rig.sql`select from pg_locks join pg_database on pg_database.oid = pg_locks.database
        where datname = current_database() and locktype = 'advisory' and not granted limit 1`
      return row !== undefined
    })
    const cancelled = refused(leader.control.cancel(started.id, 'bob', 'changed my mind'))
    free.resolve()
    await blocking
    expect(await cancelled).toContain('is over: it is done')
    expect(namesOf(leader)).not.toContain('RebuildCancelled by bob')
  })

  test('held while it waits for somebody goes on with the word', async () => {
    await rig.record('a', 1)
    const leader = rig.lead()
    await rig.untilLive(leader)
    const started = await leader.control.start(ask({ asksFirst: true }))
    await until(leader, 'comparing')
    await leader.control.pause(started.id, 'ann')
    await leader.control.approve(started.id, 'bob')
    expect(await until(leader, 'done')).toMatchObject({ isPaused: false })
  })

  test('pauses, goes slower, and goes on; each of it in the log', async () => {
    await rig.record('a', ...Array.from({ length: 400 }, () => 1))
    const leader = rig.lead({ limits: { pageCountMax: 10 } })
    await rig.untilLive(leader)
    const { id: rebuild } = await leader.control.start(ask({ rateMax: 200 }))
    await eventually('it moves', () => state(leader).eventCount > 0)
    await leader.control.pause(rebuild, 'ann')
    await leader.control.throttle(rebuild, null, 'ann')
    expect(state(leader)).toMatchObject({ isPaused: true, rateMax: null, eventsPerSecond: 0 })
    const [row] = await rig.sql`select state from platform.rebuilds`
    expect(row?.state).toMatchObject({ state: { isPaused: true, rateMax: null } })
    await leader.control.resume(rebuild, 'bob')
    await until(leader, 'done')
    expect(namesOf(leader).slice(0, 4)).toEqual([
      'RebuildRequested by ann',
      'RebuildPaused by ann',
      'RebuildThrottled by ann',
      'RebuildResumed by bob',
    ])
  })
})

describe('kept tables', () => {
  test('are dropped when somebody says so, and then there is no way back', async () => {
    await rig.record('a', 1)
    const leader = rig.lead()
    await rig.untilLive(leader)
    await leader.control.start(ask())
    await until(leader, 'done')
    await eventually('nothing runs', async () => (await refused(leader.control.drop(id, 'ann'))) === 'taken')
    expect([await leader.control.kept(), await rig.exists(keptSchemaOf(live))]).toEqual([[], false])
    expect(namesOf(leader)).toContain('TablesDropped by ann')
    expect(await refused(leader.control.drop(id, 'ann'))).toContain('not-found')
  })
})

describe('kept tables that somebody holds', () => {
  const holds: readonly (readonly [string, (tx: QueryRunner) => Promise<unknown>])[] = [
    ['that another change of them takes', (tx) => lockUntilCommit(tx, keptSchemaOf(live))],
    ['that a reader of them takes', (tx) => tx.unsafe(`select * from "${keptSchemaOf(live)}".counters`)],
    [
      'on their parked events',
      (tx) =>
        tx.unsafe('select * from platform.parked_events where projection = $1 for update', [
          parkedNameOf(id, live, keptSchemaOf(live)),
        ]),
    ],
  ]
  test.each(holds)(
    'with a lock %s are not dropped, and whoever wants that is told to come again',
    async (_, hold) => {
      await rig.record('a', 1)
      const leader = rig.lead()
      await rig.untilLive(leader)
      await leader.control.start(ask())
      await eventually('nothing runs', async () => {
        const [row] = await rig.sql`select recorded_at is not null as over from platform.rebuilds`
        return row?.over === true
      })
      await rig.sql`insert into platform.parked_events (projection, position, event_id, stream, revision, type, words)
      values (${parkedNameOf(id, live, keptSchemaOf(live))}, '1', ${newUuid()}, 'test.Counter-x', 0, 'test.Counted', 'no')`
      const [held, done] = [createDeferred(), createDeferred()]
      const holding = inTransaction(rig.sql, async (tx) => {
        await hold(tx)
        held.resolve()
        await done.promise
      })
      await held.promise
      const answer = await refused(leader.control.drop(id, 'ann'))
      done.resolve()
      await holding
      expect(answer).toBe(
        `unavailable: Somebody still uses the tables of ${keptSchemaOf(live)}, so nothing was dropped: try again shortly.`,
      )
      expect(await refused(leader.control.drop(id, 'ann'))).toBe('taken')
      expect(await leader.control.kept()).toEqual([])
    },
    20_000,
  )
})

describe('kept tables that are being dropped', () => {
  test('are not returned to meanwhile', async () => {
    await rig.record('a', 1)
    const said = createDeferred<void>()
    const dropping = createDeferred<void>()
    const leader = rig.lead({
      onRecord: async ({ type }) => {
        if (type !== 'peek.ProjectionTablesDropped') return
        dropping.resolve()
        await said.promise
      },
    })
    await rig.untilLive(leader)
    await leader.control.start(ask())
    await eventually('nothing runs', async () => {
      const [row] = await rig.sql`select recorded_at is not null as over from platform.rebuilds`
      return row?.over === true
    })
    const dropped = leader.control.drop(id, 'ann')
    await dropping.promise
    expect(await refused(leader.control.start(ask({ kind: 'return' })))).toContain('already-running')
    said.resolve()
    await dropped
  })
})

describe('an estimate', () => {
  test('measures by rebuilds that nobody and nothing held', async () => {
    await rig.record('a', 1)
    const leader = rig.lead()
    await rig.untilLive(leader)
    const earlier = async (wasHeld: boolean, seconds: number): Promise<void> => {
      const about = { id: newUuid(), fromVersion: 1, toVersion: 1, now: Date.now() }
      const done = end(newRebuild(ask(), about), 'done', Date.now())
      const ended = { ...done, wasHeld, state: { ...done.state, eventCount: 100_000 } }
      await insertRebuild(rig.sql, ended, rig.epoch())
      await saveRebuild(rig.sql, ended, rig.epoch())
      await rig.sql`update platform.rebuilds set ended_at = started_at + ${seconds} * interval '1 second' where id = ${about.id}`
    }
    await earlier(false, 2)
    await earlier(true, 7_200)
    expect(await loadEarlierRates(rig.sql, id)).toEqual({ own: [50_000], any: [50_000] })
  })

  test('counts a short log exactly, and names who watches', async () => {
    await rig.record('a', 1, 2, 3)
    const leader = rig.lead()
    await rig.untilLive(leader)
    const estimate = await leader.control.estimate(id)
    expect(estimate).toMatchObject({
      eventCount: 3,
      isEventCountExact: true,
      fromVersion: 1,
      toVersion: 1,
      diskFreeBytes: 1_000_000,
      observables: ['test.Noted'],
      watchedSelectors: 3,
    })
    expect(estimate.diskBytes).toBeGreaterThan(0)
    expect(estimate.secondsMin).toBeLessThanOrEqual(estimate.seconds)
    expect(estimate.seconds).toBeLessThanOrEqual(estimate.secondsMax)
  })
})
