/** Rebuilds after a process, or the leader, went away in the middle: on a real Postgres, their engine in this process. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { eventually } from '#support/eventually.ts'
import { ask, live, namesOf, type RebuildRig, refused, startRebuildRig, state, until } from '#support/rebuild-rig.ts'

let rig: RebuildRig
beforeAll(async () => {
  rig = await startRebuildRig()
}, 120_000)
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]()
})
beforeEach(() => rig.reset())
afterEach(() => rig.stopLeaders())

describe('a rebuild goes on', () => {
  test('after its process died', async () => {
    await rig.record('a', ...Array.from({ length: 400 }, () => 1))
    const leader = rig.lead({ limits: { pageCountMax: 10, saveEveryMsMin: 0 } })
    await rig.untilLive(leader)
    const { id: rebuild } = await leader.control.start(ask({ rateMax: 100 }))
    await eventually('it moves', () => state(leader).eventCount > 50)
    must(leader.children[0], 'a process was started').kill()
    // Until another has come further.
    await eventually('it says why it stands still', () => state(leader).error?.includes('SIGKILL') === true)
    await eventually('another is started', () => leader.children.length === 2)
    await leader.control.throttle(rebuild, null, 'ann')
    expect(await until(leader, 'done')).toMatchObject({ error: null, eventCount: 400 })
    expect(await rig.sums()).toEqual({ a: 400 })
  })

  test('under the next leader, where the earlier one left it, also paused', async () => {
    await rig.record('a', ...Array.from({ length: 400 }, () => 1))
    const first = rig.lead({ limits: { pageCountMax: 10, saveEveryMsMin: 0 } })
    await rig.untilLive(first)
    const started = await first.control.start(ask({ rateMax: 100, asksFirst: true }))
    await eventually('it moves', () => state(first).eventCount > 50)
    await first.control.pause(started.id, 'ann')
    await first.stop()
    const second = rig.lead()
    await eventually('it is known', () => second.control.list().length === 1)
    expect(state(second)).toMatchObject({ id: started.id, isPaused: true, phase: 'folding', by: 'ann' })
    await second.control.throttle(started.id, null, 'ann')
    await second.control.resume(started.id, 'ann')
    await until(second, 'comparing')
    await second.control.approve(started.id, 'ann')
    await until(second, 'done')
    expect(await rig.sums()).toEqual({ a: 400 })
    expect([first.children.length, second.children.length]).toEqual([1, 1])
  })

  test('seam 9 and the leader of before saves nothing any more', async () => {
    await rig.record('a', 1)
    const first = rig.lead()
    await rig.untilLive(first)
    const started = await first.control.start(ask({ asksFirst: true }))
    await until(first, 'comparing')
    const second = rig.lead()
    await until(second, 'comparing')
    await first.control.throttle(started.id, 7, 'ann').catch(() => undefined)
    await eventually('the first hears that it does not lead', () => rig.lostCount() > 0)
    const [row] = await rig.sql`select epoch::int as epoch, state from platform.rebuilds`
    expect(row).toMatchObject({ epoch: rig.epoch(), state: { state: { rateMax: null } } })
  })

  test('seam 9 and drops nothing of the leader that came after it', async () => {
    await rig.record('a', 1)
    const first = rig.lead()
    await rig.untilLive(first)
    const second = rig.lead()
    await rig.untilLive(second)
    await second.control.start(ask({ asksFirst: true }))
    await until(second, 'comparing')
    expect(await refused(first.control.start(ask()))).toContain('already-running')
    expect(await rig.exists(shadowSchemaOf(live))).toBe(true)
  })

  test('seam 9 and cleans nothing up of what it was told to cancel when it did not lead any more', async () => {
    await rig.record('a', 1)
    const first = rig.lead()
    await rig.untilLive(first)
    const started = await first.control.start(ask({ asksFirst: true }))
    await until(first, 'comparing')
    const later = rig.epoch() + 1
    await rig.sql`update platform.rebuilds set epoch = ${later}`
    await rig.sql.unsafe(`update "${shadowSchemaOf(live)}".checkpoint set epoch = ${later}`)
    await first.control.cancel(started.id, 'ann', 'too slow').catch(() => undefined)
    const isIdle = async () => (await refused(first.control.drop('test.counters', 'ann'))).includes('not-found')
    await eventually('nothing of it runs', isIdle)
    expect(rig.lostCount()).toBeGreaterThan(0)
    const [row] = await rig.sql`select ended_at, recorded_at from platform.rebuilds`
    expect([row?.ended_at, row?.recorded_at, await rig.exists(shadowSchemaOf(live))]).toEqual([null, null, true])
  })

  test('seam 9 and what it began too late is in nobody’s way', async () => {
    await rig.record('a', 1)
    const first = rig.lead()
    await rig.untilLive(first)
    const second = rig.lead()
    await rig.untilLive(second)
    await first.control.start(ask({ asksFirst: true }))
    await first.stop()
    const started = await second.control.start(ask())
    await until(second, 'done', started)
    expect(await rig.sums()).toEqual({ a: 1 })
  })

  test('to its end in the log, where the leader died after the swap', async () => {
    await rig.record('a', 1)
    const first = rig.lead()
    await rig.untilLive(first)
    await first.control.start(ask())
    await until(first, 'done')
    await first.stop()
    await rig.sql`update platform.rebuilds set recorded_at = null`
    const second = rig.lead()
    await eventually('the end is said', () => second.said.length === 1)
    expect(namesOf(second)).toEqual(['RebuildCompleted by peek'])
    await eventually(
      'and noted',
      async () => (await rig.sql`select recorded_at from platform.rebuilds`)[0]?.recorded_at !== null,
    )
    expect(state(second).phase).toBe('done')
  })
})
