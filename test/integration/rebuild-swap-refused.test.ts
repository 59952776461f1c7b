/** A shadow that cannot take the place of live tables, or loses its connection while it does: nothing is lost by it. */

import { describe, expect, test } from 'bun:test'
import type { Position } from '#kernel/position.ts'
import type { Projector } from '#projection/projector.ts'
import type { Met, SwapInOptions } from '#projection/rebuild/swap-in.ts'
import { dropKeptTables } from '#projection/rebuild/swap-schemas.ts'
import type { Client } from '#storage/client.ts'
import { buildShadow } from '#support/build-shadow.ts'
import { doubled, impatientClock, kept, live, shadow, useSwapRig } from '#support/swap-rig.ts'
import { counters } from '#testing/counter-model.ts'

const rig = useSwapRig()
const { start, record, sums, checkpoint, announced, caughtUp, swap } = rig

describe('S2 nothing changes, and the projector goes on, when', () => {
  const goesOn = async (projector: Projector): Promise<void> => {
    await record('a', 100)
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 101 })
    expect(announced().filter(({ kind }) => kind === 'resync')).toHaveLength(1)
  }

  test('the shadow is late', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    const { outcome } = await swap(projector, { clock: impatientClock, meet: () => new Promise(() => undefined) })
    expect(outcome).toMatchObject({ outcome: 'parted', words: expect.stringContaining('in time') })
    await goesOn(projector)
  })

  test('the shadow stands elsewhere, is of other tables, or would not survive a crash', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    for (const [change, words] of [
      [`update "${shadow}".checkpoint set position = '${'9'.repeat(20)}'`, 'position'],
      [`update "${shadow}".checkpoint set shape = 'other'`, 'shape'],
      [`alter table "${shadow}".counters set unlogged`, 'survive'],
    ] as const)
      await expect(swap(projector, { bend: () => rig.sql.unsafe(change) })).rejects.toThrow(words)
    await goesOn(projector)
  })

  test('somebody holds a lock: it tries a few times and parts', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    const other = await rig.sql.reserve()
    const meet = async (position: Position): Promise<Met> => {
      await buildShadow({ sql: rig.sql, store: rig.store, definition: counters, upTo: position })
      await other`begin`
      await other`select pg_advisory_xact_lock(hashtextextended('peek:' || ${live}, 0))`
      return { position, differing: {} }
    }
    const { outcome } = await swap(projector, { meet })
    await other`rollback`
    other.release()
    expect(outcome).toMatchObject({ outcome: 'parted' })
    await goesOn(projector)
  }, 120_000)

  test('somebody reads kept tables that are to be dropped, and who wants that is told so', async () => {
    await rig.sql.unsafe(`create schema "${kept}"; create table "${kept}".counters (id text)`)
    const other = await rig.sql.reserve()
    await other`begin`
    await other.unsafe(`select * from "${kept}".counters`)
    const refusal = { kind: 'unavailable', message: expect.stringContaining('still uses') }
    await expect(dropKeptTables(rig.sql, 'test.counters', live)).rejects.toMatchObject(refusal)
    await other`rollback`
    other.release()
    await dropKeptTables(rig.sql, 'test.counters', live)
  }, 120_000)

  test('somebody still reads the tables that were kept before the last swap', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    await rig.sql.unsafe(`create schema "${live}__gone"; create table "${live}__gone".counters (id text)`)
    const other = await rig.sql.reserve()
    await other`begin`
    await other.unsafe(`select * from "${live}__gone".counters`)
    const { outcome } = await swap(projector)
    await other`rollback`
    other.release()
    expect(outcome).toMatchObject({ outcome: 'parted', words: expect.stringContaining('still reads') })
    await goesOn(projector)
  }, 120_000)
})

describe('S2 a connection lost in the middle of the swap', () => {
  test('before its commit: nothing changed', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    const cut: SwapInOptions['alsoDo'] = async (tx) => {
      const [own] = await tx.unsafe('select pg_backend_pid() as pid')
      await rig.sql`select pg_terminate_backend(${Number(own?.pid)})`
      await tx.unsafe('select 1')
    }
    await expect(swap(projector, { definition: doubled, alsoDo: cut })).rejects.toMatchObject({ kind: 'unavailable' })
    await caughtUp(projector)
    expect([(await checkpoint()).version, await sums()]).toEqual([1, { a: 1 }])
  })

  test('in its commit: how that ends is waited for', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    let committed: Promise<unknown> = Promise.resolve()
    // As a server does whose client is gone: it goes on, with its lock, and commits.
    const alsoDo: SwapInOptions['alsoDo'] = async (_, { incarnation }) => {
      const locked = Promise.withResolvers<void>()
      committed = rig.sql.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(hashtextextended('peek:' || ${live}, 0))`
        locked.resolve()
        await tx`select pg_sleep(0.3)`
        await tx.unsafe(`update "${shadow}".checkpoint set incarnation = '${incarnation}';
          alter schema "${live}" rename to "${kept}"; alter schema "${shadow}" rename to "${live}"`)
      })
      await locked.promise
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    }
    const { outcome } = await swap(projector, { definition: doubled, alsoDo })
    await committed
    expect(outcome).toMatchObject({ outcome: 'swapped' })
    await record('a', 1)
    await caughtUp(projector)
    expect([(await checkpoint()).version, await sums()]).toEqual([2, { a: 4 }])
  })

  test('after its commit: it took place, and the projector goes on with the code of the new tables', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    let isCut = false
    const begin = async (...args: Parameters<Client['begin']>): Promise<unknown> => {
      const done = await rig.sql.begin(...args)
      if (!isCut) return done
      isCut = false
      throw Object.assign(new Error('write CONNECTION_CLOSED'), { code: 'CONNECTION_CLOSED' })
    }
    const leaky = new Proxy(rig.sql, { get: (target, name) => (name === 'begin' ? begin : Reflect.get(target, name)) })
    const alsoDo = async (): Promise<void> => {
      isCut = true
    }
    const { outcome } = await swap(projector, { definition: doubled, sql: leaky, alsoDo })
    expect(outcome).toMatchObject({ outcome: 'swapped', announcedRows: 1 })
    await record('a', 1)
    await caughtUp(projector)
    expect([(await checkpoint()).version, await sums()]).toEqual([2, { a: 4 }])
  })
})
