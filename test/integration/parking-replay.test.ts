/** An entity folded anew from the log, on a real Postgres, over an event store in memory. */
import { describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { createSeededRandom, type Random } from '#kernel/random.ts'
import {
  ann,
  announced,
  box,
  boxOf,
  caughtUp,
  control,
  ended,
  id,
  moved,
  packed,
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
import { PlaceClosed, randomLedgerEvent } from '#testing/ledger-model.ts'

useParkedLedger()

describe('P5 replay of an entity', () => {
  const history = async (random: Random, count: number, boxes: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const name = `b${Math.floor(random() * boxes)}`
      const places = random() < 0.6 ? [`home of ${name}`] : Array.from({ length: 6 }, (_, place) => `p${place}`)
      await record(name, randomLedgerEvent(random, places))
    }
  }

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'makes its rows what a full rebuild gives, under live traffic (seed %i)',
    async (seed) => {
      const random = createSeededRandom(seed)
      await start(false)
      await history(random, 300, 12)
      await restart(true)
      // Damage that only a fold from the log can mend, and decisions about the past that it has to respect.
      await sql.unsafe(`update "${schema}".boxes set moves = moves + 100`)
      const [first] = await control.entities({ projection: id, after: null, countMax: 1 })
      if (first && random() < 0.7) await ended(control.skip({ stream: first.stream, eventId: first.eventId }, ann))
      await restart(true)
      let isOver = false
      const traffic = (async () => {
        while (!isOver) await history(random, 3, 12).then(() => Bun.sleep(1))
      })()
      for (let index = 0; index < 12; index++) {
        const stream = boxOf(`b${index}`)
        if (store.streamOf(stream).length === 0) continue
        const work = await ended(control.replay({ stream }, ann))
        expect([seed, work.state, work.error]).toEqual([seed, 'done', null])
      }
      isOver = true
      await traffic
      await caughtUp(must(running.at(-1), 'one runs'))
      const found = await tablesNow()
      expect([seed, found]).toEqual([seed, await rebuilt()])
    },
    60_000,
  )

  test('announces exactly the rows that are different now', async () => {
    const projector = await start(true)
    await record('a', packed('x'), shaken(false))
    await record('b', packed('y'))
    await caughtUp(projector)
    await sql.unsafe(`update "${schema}".boxes set moves = 99`)
    const work = await ended(control.replay({ stream: boxOf('a') }, ann))
    expect(work).toMatchObject({ state: 'done', outcome: { changedRowCount: 1, projectedCount: 2 } })
    await projector.stop()
    expect(announced().at(-1)).toMatchObject({
      kind: 'changed',
      follows: { version: 1 },
      tables: { boxes: [{ k: 'a', a: { id: 'a', place: 'x', moves: 10 }, b: { place: 'x' } }] },
    })
    expect(await box('b')).toEqual({ place: 'y', moves: 99 })
  })

  test('parks what fails now, and frees what was parked', async () => {
    await start(false)
    await record('a', packed('x'), shaken(true), shaken(false))
    await record('b', packed('x'), moved('x', 'y'))
    const fixed = await restart(true)
    await ended(control.replay({ stream: boxOf('a') }, ann))
    expect(fixed.status().parkedCount).toBe(0)
    expect(await box('a')).toEqual({ place: 'x', moves: 20 })
    const broken = await restart(false)
    const work = await ended(control.replay({ stream: boxOf('b') }, ann))
    expect(work.outcome).toMatchObject({ stillParkedCount: 0 })
    expect(broken.status().parkedCount).toBe(2)
    expect(await box('a')).toEqual({ place: 'x', moves: 0 })
    expect(await tablesNow()).toEqual(await rebuilt())
  })

  test('a place that was closed is closed again: rows are taken away too', async () => {
    const projector = await start(true)
    await record('a', packed('x'))
    await record('b', { type: PlaceClosed.name, data: { place: 'x' } })
    await caughtUp(projector)
    await sql.unsafe(`insert into "${schema}".places values ('x', 7)`)
    await ended(control.replay({ stream: boxOf('a') }, ann))
    expect(await tablesNow()).toMatchObject({ places: [] })
  })

  test('a connection killed in the middle changes nothing, and the next replay is whole', async () => {
    const projector = await start(true)
    await record('a', packed('x'), shaken(false))
    await caughtUp(projector)
    await sql.unsafe(`update "${schema}".boxes set moves = 99`)
    await sql.unsafe(`
      create function "${schema}".die() returns trigger language plpgsql as $$
      begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
      create trigger die before update on "${schema}".checkpoint for each row
        when (new.incarnation <> old.incarnation) execute function "${schema}".die()`)
    expect((await ended(control.replay({ stream: boxOf('a') }, ann))).state).toBe('failed')
    expect(await box('a')).toEqual({ place: 'x', moves: 99 })
    await sql.unsafe(`drop trigger die on "${schema}".checkpoint`)
    await caughtUp(projector)
    await ended(control.replay({ stream: boxOf('a') }, ann))
    expect(await box('a')).toEqual({ place: 'x', moves: 10 })
  })
})
