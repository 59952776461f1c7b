/** Parked events on a real Postgres, over an event store in memory: tried again, left out. */
import { describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { eventually } from '#support/eventually.ts'
import {
  ann,
  announced,
  box,
  boxOf,
  caughtUp,
  control,
  decisions,
  ended,
  id,
  moved,
  packed,
  parkedOf,
  rebuilt,
  record,
  restart,
  running,
  schema,
  shaken,
  sql,
  start,
  store,
  tablesNow,
  useParkedLedger,
} from '#support/parked-ledger.ts'
import { createFaultyEventStore } from '#testing/faulty-event-store.ts'
import { BoxMoved, BoxShaken, defineLedger } from '#testing/ledger-model.ts'

useParkedLedger()

describe('P5 retry', () => {
  test('projects what is parked of an entity, in order, and what comes after is live again', async () => {
    await start(false)
    await record('a', packed('x'), shaken(true), moved('x', 'y'), shaken(false))
    await record('b', packed('x'))
    const projector = await restart(true)
    expect(await parkedOf('a')).toMatchObject([{ behind: false }, { behind: true }, { behind: true }])
    expect(projector.status().parkedCount).toBe(3)

    const work = await ended(control.retry({ stream: boxOf('a') }, ann))
    expect(work).toMatchObject({
      state: 'done',
      doneCount: 1,
      outcome: { projectedCount: 3, stillParkedCount: 0, words: null },
    })
    expect(await box('a')).toEqual({ place: 'y', moves: 21 })
    expect(projector.status().parkedCount).toBe(0)
    await record('a', moved('y', 'z'))
    await caughtUp(projector)
    expect(await box('a')).toEqual({ place: 'z', moves: 22 })
    expect(await tablesNow()).toEqual(await rebuilt())
    expect(decisions).toEqual([
      {
        type: 'peek.ParkedEventsRetried',
        user: 'ann',
        data: { projection: id, stream: boxOf('a'), reason: ann.reason },
      },
    ])
  })

  test('leaves what fails again parked, in its new words, with everything behind it', async () => {
    await start(false)
    await record('a', packed('x'), shaken(true), shaken(false), moved('nowhere', 'x'), shaken(false))
    await restart(true)
    const work = await ended(control.retry({ stream: boxOf('a') }, ann))
    expect(work.outcome).toMatchObject({
      projectedCount: 2,
      stillParkedCount: 2,
      words: expect.stringContaining('no row "nowhere"'),
    })
    expect(await parkedOf('a')).toMatchObject([
      { type: BoxMoved.name, behind: false, words: expect.stringContaining('no row "nowhere"') },
      { behind: true },
    ])
    expect(await box('a')).toEqual({ place: 'x', moves: 20 })
  })

  test('is announced as one more commit that goes on from the life before, and a restart finds it told', async () => {
    await start(false)
    await record('a', packed('x'), shaken(true))
    await restart(true)
    const before = announced().at(-1)
    await ended(control.retry({ stream: boxOf('a') }, ann))
    await eventually(
      'it is announced',
      () =>
        announced().length > 0 &&
        announced().at(-1) !== before &&
        announced().at(-1)?.incarnation !== before?.incarnation,
    )
    const last = must(announced().at(-1), 'it announced')
    expect(last).toMatchObject({
      kind: 'changed',
      from: before?.to,
      to: before?.to,
      follows: { incarnation: before?.incarnation },
    })
    const count = announced().length
    await restart(true)
    expect(announced()).toHaveLength(count)
  })

  test('of the entity whose failure is shown as the last error takes that away', async () => {
    await start(false)
    await record('a', packed('x'), shaken(true))
    const broken = must(running.at(-1), 'one runs')
    await caughtUp(broken)
    // The cause stays shown, not that others wait behind it.
    await record('a', shaken(false))
    await caughtUp(broken)
    expect(broken.status()).toMatchObject({
      lastErrorStream: boxOf('a'),
      lastErrorEventId: store.streamOf(boxOf('a'))[1]?.id,
      lastError: expect.stringContaining('cannot be shaken'),
    })
    const [first] = await control.entities({ projection: id, after: null, countMax: 1 })
    const { eventId, stream } = must(first, 'it is parked')
    await ended(control.skip({ stream, eventId }, ann))
    expect(broken.status()).toMatchObject({ parkedCount: 0, lastError: null, lastErrorStream: null })
  })

  test('a commit beside the feed that is not announced makes watchers look again', async () => {
    await start(false)
    await record('a', packed('x'), shaken(true))
    let isBroken = false
    const faulty = createFaultyEventStore(store, ({ stream }) =>
      isBroken && stream.startsWith('changes-') ? { fails: 'before', kind: 'timeout' } : undefined,
    )
    const projector = await restart(true, { store: faulty })
    const before = must(announced().at(-1), 'it announced')
    isBroken = true
    await ended(control.retry({ stream: boxOf('a') }, ann))
    await eventually('it stalls', () => projector.status().state === 'stalled')
    isBroken = false
    await caughtUp(projector)
    await eventually('it says so', () => announced().at(-1)?.kind === 'resync')
    expect(announced().at(-1)?.incarnation).not.toBe(before.incarnation)
    expect(await box('a')).toEqual({ place: 'x', moves: 10 })
    expect(await parkedOf('a')).toEqual([])
  })

  test('events of the entity that come meanwhile wait their turn: none is lost, none overtakes', async () => {
    await start(false)
    await record('a', packed('x'), shaken(true))
    for (let index = 0; index < 1_000; index++) await record('a', moved(index % 2 ? 'y' : 'x', index % 2 ? 'x' : 'y'))
    const projector = await restart(true)
    expect(projector.status().parkedCount).toBe(1_001)
    let isOver = false
    const traffic = (async () => {
      for (let index = 0; !isOver && index < 1_500; index++) {
        await record('a', moved(index % 2 ? 'y' : 'x', index % 2 ? 'x' : 'y'))
        await Bun.sleep(0)
      }
    })()
    const work = await ended(control.retry({ stream: boxOf('a') }, ann))
    isOver = true
    await traffic
    await caughtUp(projector)
    expect(work).toMatchObject({ state: 'done', outcome: { stillParkedCount: 0 } })
    const events = store.streamOf(boxOf('a')).length
    expect((await box('a'))?.moves).toBe(10 + events - 2)
    expect(projector.status().parkedCount).toBe(0)
  }, 120_000)

  test('an event that the log does not hold any more, or no handler wants, is taken off the list', async () => {
    const projector = await start(false)
    await record('a', packed('x'), shaken(true))
    await record('b', packed('x'), shaken(true))
    await caughtUp(projector)
    await sql`update platform.parked_events set event_id = gen_random_uuid() where stream = ${boxOf('a')}`
    const definition = defineLedger(false)
    await restart(true, {
      definition: { ...definition, on: definition.on.filter(({ type }) => type !== BoxShaken.name) },
    })
    for (const name of ['a', 'b'])
      expect(await ended(control.retry({ stream: boxOf(name) }, ann))).toMatchObject({
        outcome: { goneCount: 1, stillParkedCount: 0 },
      })
  })

  test('a connection killed in the middle takes nothing half: tried again, each event counts once', async () => {
    await start(false)
    await record('a', packed('x'), shaken(true), shaken(false))
    const projector = await restart(true)
    await sql.unsafe(`
      create function "${schema}".die() returns trigger language plpgsql as $$
      begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
      create trigger die before update on "${schema}".boxes for each row execute function "${schema}".die()`)
    const work = await ended(control.retry({ stream: boxOf('a') }, ann))
    expect(work.state).toBe('failed')
    expect(await box('a')).toEqual({ place: 'x', moves: 0 })
    expect(await parkedOf('a')).toHaveLength(2)
    await sql.unsafe(`drop trigger die on "${schema}".boxes`)
    await caughtUp(projector)
    await ended(control.retry({ stream: boxOf('a') }, ann))
    expect(await box('a')).toEqual({ place: 'x', moves: 20 })
    expect(await tablesNow()).toEqual(await rebuilt())
  })

  test('an earlier leader is refused, and changes nothing', async () => {
    await start(false)
    await record('a', packed('x'), shaken(true))
    await restart(true)
    await sql.unsafe(`update "${schema}".checkpoint set epoch = 2`)
    expect(await ended(control.retry({ stream: boxOf('a') }, ann))).toMatchObject({ state: 'failed' })
    expect(await box('a')).toEqual({ place: 'x', moves: 0 })
    expect(await parkedOf('a')).toHaveLength(1)
  })

  test('of a group tries every entity of it, and no other', async () => {
    await start(false)
    for (let index = 0; index < 120; index++)
      await record(`g${index}`, packed(`p${index}`), shaken(true), shaken(false))
    await record('other', packed('x'), moved('nowhere', 'x'))
    const projector = await restart(true)
    const groups = await control.groups(id)
    expect(groups).toMatchObject([
      { type: BoxShaken.name, entityCount: 120, behindCount: 120 },
      { type: BoxMoved.name, entityCount: 1, behindCount: 0 },
    ])
    const fingerprint = must(groups[0], 'there are two').fingerprint
    const page = await control.entities({ projection: id, fingerprint, after: null, countMax: 100 })
    const rest = await control.entities({
      projection: id,
      fingerprint,
      after: must(page.at(-1), 'it is full').position,
      countMax: 100,
    })
    expect([page.length, rest.length, new Set([...page, ...rest].map(({ stream }) => stream)).size]).toEqual([
      100, 20, 120,
    ])

    const work = await ended(control.retry({ fingerprint }, ann))
    expect(work).toMatchObject({
      state: 'done',
      doneCount: 120,
      totalCount: 120,
      outcome: { projectedCount: 240, stillParkedCount: 0 },
    })
    expect(projector.status().parkedCount).toBe(1)
    expect(await tablesNow()).toEqual(await rebuilt())
  }, 120_000)

  test('of a group can be cancelled: what was committed stays, the rest stays parked', async () => {
    await start(false)
    for (let index = 0; index < 300; index++) await record(`g${index}`, packed(`p${index}`), shaken(true))
    const projector = await restart(true)
    const [group] = await control.groups(id)
    const begun = await control.retry({ fingerprint: must(group, 'it is there').fingerprint }, ann)
    await eventually('some are done', () => (control.works(id)[0]?.doneCount ?? 0) > 0)
    await control.cancel(begun.id, 'ben')
    const work = await control.finished(begun.id)
    const left = projector.status().parkedCount
    expect(work.state).toBe('cancelled')
    expect(left).toBe(300 - must(work.outcome, 'it tells').projectedCount)
    expect(decisions.map(({ type, user }) => [type, user])).toEqual([
      ['peek.ParkedEventsRetried', 'ann'],
      ['peek.ParkingWorkCancelled', 'ben'],
    ])
  }, 120_000)
})

test('P5 work that runs when a rebuild begins ends there: what the swap would undo is not done', async () => {
  await start(false)
  for (let index = 0; index < 300; index++) await record(`g${index}`, packed(`p${index}`), shaken(true))
  await restart(true)
  // In the middle of the work, whatever is faster: with the step that one of the entities is in.
  await sql.unsafe(`
    create function "${schema}".begin_rebuild() returns trigger language plpgsql as $$
    begin
      insert into platform.rebuilds (id, projection, state, epoch) values (gen_random_uuid(), '${id}', '{}', 1);
      return new;
    end $$;
    create trigger begin_rebuild after update on "${schema}".boxes for each row
      when (new.id = 'g120') execute function "${schema}".begin_rebuild()`)
  const [group] = await control.groups(id)
  const begun = await control.retry({ fingerprint: must(group, 'it is there').fingerprint }, ann)
  const work = await control.finished(begun.id)
  expect(work).toMatchObject({ state: 'failed', error: expect.stringContaining('being rebuilt') })
  const [left] = await sql`select count(*)::int as parked from platform.parked_events`
  const { projectedCount } = must(work.outcome, 'it tells')
  expect([projectedCount > 0, projectedCount < 300, left?.parked]).toEqual([true, true, 300 - projectedCount])
}, 120_000)

describe('P5 skip', () => {
  test('leaves out the first parked event, now and in every replay of the log, and projects the rest', async () => {
    const projector = await start(false)
    await record('a', packed('x'), shaken(true), moved('x', 'y'))
    await caughtUp(projector)
    const [first] = await control.entities({ projection: id, after: null, countMax: 1 })
    const eventId = must(first, 'it is parked').eventId
    const work = await ended(control.skip({ stream: boxOf('a'), eventId }, { ...ann, reason: 'a test drive' }))
    expect(work).toMatchObject({ state: 'done', outcome: { skippedCount: 1, projectedCount: 1, stillParkedCount: 0 } })
    expect(await box('a')).toEqual({ place: 'y', moves: 1 })
    expect(decisions).toMatchObject([
      { type: 'peek.ParkedEventSkipped', user: 'ann', data: { eventId, type: BoxShaken.name, reason: 'a test drive' } },
    ])
    const [row] = await sql`select by_user, reason, type from platform.skipped_events`
    expect({ ...row }).toEqual({ by_user: 'ann', reason: 'a test drive', type: BoxShaken.name })
    expect(await tablesNow()).toEqual(await rebuilt())
    expect(await tablesNow()).toMatchObject({ parked: [] })
    await restart(false)
    expect(await tablesNow()).toEqual(await rebuilt())
  })

  test('holds for kept tables that are returned to: what they still park of it is taken off, and the rest projected', async () => {
    const projector = await start(false)
    await record('a', packed('x'), shaken(true), shaken(false), moved('x', 'y'))
    await record('b', packed('x'), shaken(true))
    await caughtUp(projector)
    const [, poison, behind] = store.streamOf(boxOf('a'))
    // As after a swap back: the list of the kept tables takes the place of the one that the skip was taken off.
    for (const { id: eventId } of [must(poison, 'it was recorded'), must(behind, 'it was recorded')])
      await sql`insert into platform.skipped_events (projection, event_id, stream, type, words, by_user, reason)
        values (${id}, ${eventId}, ${boxOf('a')}, '', '', 'ann', 'a test drive')`
    const returned = await restart(false)
    await eventually('it is taken off', () => returned.status().parkedCount === 1)
    expect(await parkedOf('a')).toEqual([])
    expect(await parkedOf('b')).toHaveLength(1)
    expect(await box('a')).toEqual({ place: 'y', moves: 1 })
    await record('a', moved('y', 'z'))
    await caughtUp(returned)
    expect(await box('a')).toEqual({ place: 'z', moves: 2 })
    expect(await tablesNow()).toEqual(await rebuilt())
  })

  test('is refused without a reason, of another event than the first, and of what is not parked', async () => {
    const projector = await start(false)
    await record('a', packed('x'), shaken(true), shaken(false))
    await caughtUp(projector)
    const [first] = await control.entities({ projection: id, after: null, countMax: 1 })
    const { eventId, stream } = must(first, 'it is parked')
    const second = must(store.streamOf(stream)[2], 'it was recorded').id
    const refusals: [() => Promise<unknown>, string, RegExp][] = [
      [() => control.skip({ stream, eventId }, { ...ann, reason: '  ' }), 'bad-input', /say why/],
      [() => control.skip({ stream, eventId: second }, ann), 'bad-input', /only the first/],
      [() => control.skip({ stream: boxOf('z'), eventId }, ann), 'not-found', /Nothing of/],
      [() => control.retry({ stream: boxOf('z') }, ann), 'not-found', /Nothing of/],
      [() => control.retry({ fingerprint: 'none' }, ann), 'not-found', /has the fingerprint/],
      [() => control.replay({ stream: boxOf('z') }, ann), 'not-found', /no stream/],
      [
        () => control.retry({ stream }, { ...ann, projection: 'test.ledgers' }),
        'not-found',
        /did you mean "test.ledger"/,
      ],
    ]
    for (const [refused, kind, words] of refusals) {
      const error = await refused().catch((caught: unknown) => caught)
      expect(error).toMatchObject({ kind, message: expect.stringMatching(words) })
    }
    expect(decisions).toEqual([])
    expect(await parkedOf('a')).toHaveLength(2)
  })

  test('nothing is done while the projector stands still, is rebuilt, or somebody else does something', async () => {
    const projector = await start(false)
    await record('a', packed('x'), shaken(true))
    await caughtUp(projector)
    const stream = boxOf('a')
    await sql`insert into platform.rebuilds (id, projection, state, epoch) values (gen_random_uuid(), ${id}, '{}', 1)`
    await expect(control.retry({ stream }, ann)).rejects.toMatchObject({ kind: 'already-running' })
    await sql`delete from platform.rebuilds`
    const both = await Promise.allSettled([control.replay({ stream }, ann), control.retry({ stream }, ann)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(decisions).toHaveLength(1)
    for (const one of both) if (one.status === 'fulfilled') await control.finished(one.value.id)
    await projector.stop()
    await expect(control.retry({ stream }, ann)).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
