/** Projectors on a real Postgres, over an event store in memory that fails when told to. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { type ChangeEvent, parseChangeEvent } from '#event-store/change-event.ts'
import { loadedUpcasters, upcastEvent } from '#event-store/upcast.ts'
import { must } from '#kernel/assert.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import type { ProjectorOptions } from '#projection/projector-options.ts'
import type { Client } from '#storage/client.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { AddToCounter, ResetCounter } from '#testing/counter.ts'
import { added, CounterSet, CounterTouched, counterModel, counters, recordEvents } from '#testing/counter-model.ts'
import { createFaultyEventStore } from '#testing/faulty-event-store.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'

const changesName = 'changes-test.counters'
let fresh: MigratedDatabase
let sql: Client
let store: MemoryEventStore
const running: Projector[] = []

beforeAll(async () => {
  fresh = await migratedDatabase(4)
  sql = fresh.sql
}, 120_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  store = createMemoryEventStore()
  await sql.unsafe(`drop schema if exists "${counterModel.schemaName}" cascade`)
  await sql`delete from platform.parked_events`
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()))
})

/** Goes on at once after a failure: nothing here waits for a clock. */
const impatientClock: Clock = { now: systemClock.now, after: (_, work) => systemClock.after(0, work) }

function start(options: Partial<ProjectorOptions> = {}): Projector {
  const projector = startProjector({
    definition: counters,
    store,
    sql,
    clock: impatientClock,
    random: () => 0,
    log: silentLog,
    epoch: 1,
    watchedFields: { counters: { shown: ['id', 'sum', 'note'], pickedBy: ['note'] } },
    ...options,
    onStatus: (status) => {
      options.onStatus?.(status)
      for (const check of [...waiting]) check()
    },
  })
  running.push(projector)
  return projector
}

const waiting = new Set<() => void>()

/** Resolves when the status is as wanted. */
async function until(isTrue: () => boolean): Promise<void> {
  if (isTrue()) return
  const reached = createDeferred<void>()
  const check = (): void => {
    if (isTrue()) reached.resolve()
  }
  waiting.add(check)
  await reached.promise
  waiting.delete(check)
}

/** The projector has taken all there is now, and said so. */
async function caughtUp(projector: Projector): Promise<void> {
  const own = store.log.filter(({ stream }) => !stream.startsWith('changes-'))
  const head = own.at(-1)?.position ?? ''
  await until(() => projector.status().state === 'live' && projector.status().position >= head)
}

const rows = () => sql.unsafe(`select id, sum, note from "${counterModel.schemaName}".counters order by id`)
const sums = async () => Object.fromEntries((await rows()).map(({ id, sum }) => [id, sum]))
const parked = () => sql`select stream, type, words from platform.parked_events order by position`
const checkpoint = async () =>
  must((await sql.unsafe(`select position, incarnation from "${counterModel.schemaName}".checkpoint`))[0], 'it exists')
const announced = (): ChangeEvent[] =>
  store.streamOf(changesName).map(({ type, data }) => must(parseChangeEvent(type, data), 'it can be read'))
const record = (counterId: string, ...amounts: number[]) =>
  recordEvents(
    store,
    counterId,
    amounts.map((amount) => added(counterId, amount)),
  )

describe('P2 each event changes a read model once', () => {
  test('history, and then what comes after it', async () => {
    await record('a', 1, 2)
    const projector = start()
    await caughtUp(projector)
    await record('b', 5)
    await record('a', 4)
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 7, b: 5 })
    expect(projector.status()).toMatchObject({ eventCount: 4, parkedCount: 0, lastError: null })
  })

  test('a connection killed in the middle of a commit takes rows and checkpoint back together', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    await sql.unsafe(`
      create function "${counterModel.schemaName}".die() returns trigger language plpgsql as $$
      begin
        if new.position <> old.position then perform pg_terminate_backend(pg_backend_pid()); end if;
        return new;
      end $$;
      create trigger die before update on "${counterModel.schemaName}".checkpoint
        for each row execute function "${counterModel.schemaName}".die()`)
    const before = await checkpoint()
    await record('a', 10, 100)
    await until(() => projector.status().state === 'stalled')
    expect(await sums()).toEqual({ a: 1 })
    expect((await checkpoint()).position).toBe(before.position)

    await sql.unsafe(`drop trigger die on "${counterModel.schemaName}".checkpoint`)
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 111 })
    const [count] = await sql.unsafe(`select count(*)::int as n from "${counterModel.schemaName}".changes`)
    expect(count?.n).toBe(3)
  }, 120_000)

  test('a stopped projector goes on where it was', async () => {
    await record('a', 1)
    const first = start()
    await caughtUp(first)
    await first.stop()
    await record('a', 2)
    const second = start()
    await caughtUp(second)
    expect(await sums()).toEqual({ a: 3 })
    expect(announced().filter(({ kind }) => kind === 'resync')).toHaveLength(1)
  })
})

describe('P5 what cannot be taken parks its entity alone', () => {
  test('a handler that throws, and a change that does not fit its column', async () => {
    await record('a', 1)
    await recordEvents(store, 'a', [{ type: CounterTouched.name, data: { isBad: true } }, added('a', 2)])
    await record('b', 2_147_483_647, 1)
    await record('c', 3)
    const projector = start()
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 1, b: 2_147_483_647, c: 3 })
    expect(await parked()).toMatchObject([
      { stream: 'test.Counter-a', type: CounterTouched.name, words: 'a bug of the handler' },
      { stream: 'test.Counter-a', type: AddToCounter.name },
      { stream: 'test.Counter-b', words: expect.stringContaining('wanted a whole number') },
    ])
    expect(projector.status()).toMatchObject({ parkedCount: 3, state: 'live' })
  })

  test('a data error of Postgres parks the guilty event, and it stays parked over a restart', async () => {
    const note = Array.from({ length: 9_000 }, (_, index) => (index * 7919).toString(36)).join('')
    await record('a', 1)
    await recordEvents(store, 'b', [added('b', 2, note), added('b', 3, note)])
    await record('c', 4)
    const first = start()
    await caughtUp(first)
    await first.stop()
    await record('b', 5)
    await record('a', 6)
    const second = start()
    await caughtUp(second)
    expect(await sums()).toEqual({ a: 7, c: 4 })
    expect(await parked()).toMatchObject([
      { stream: 'test.Counter-b', words: expect.stringContaining('index row') },
      { stream: 'test.Counter-b', words: 'an earlier event of this entity is parked' },
      { stream: 'test.Counter-b', words: 'an earlier event of this entity is parked' },
    ])
    expect(second.status().parkedCount).toBe(3)
  })

  test('seam 10 an event of a newer version parks', async () => {
    const forget = loadedUpcasters.add({ type: AddToCounter.name, version: 1, upcasts: [] })
    await recordEvents(store, 'a', [{ ...added('a', 1), version: 2 }])
    await record('b', 2)
    await caughtUp(start())
    forget()
    expect(await sums()).toEqual({ b: 2 })
    expect(await parked()).toMatchObject([{ words: expect.stringContaining('Upgrade this service') }])
  })

  test('E6 an event of an older version is projected as today’s', async () => {
    const upcasts = [({ sumOf, ...data }: { readonly [name: string]: unknown }) => ({ ...data, amount: Number(sumOf) })]
    const forget = loadedUpcasters.add({ type: AddToCounter.name, version: 2, upcasts: upcasts as never })
    await recordEvents(store, 'a', [{ type: AddToCounter.name, data: { counterId: 'a', sumOf: 7, note: '' } }])
    await caughtUp(start())
    forget()
    expect(await sums()).toEqual({ a: 7 })
  })
})

describe('work between two commits', () => {
  test('finds the projector standing still after an announced commit, and it goes on from there', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    const seen = await projector.hold(async () => {
      await record('a', 2)
      return [await sums(), announced().at(-1)?.to === (await checkpoint()).position]
    })
    expect(seen).toEqual([{ a: 1 }, true])
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 3 })
  })

  test('tells its failure to whoever asked, and the projector goes on', async () => {
    const projector = start()
    await expect(projector.hold(() => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck')
    await record('a', 2)
    await caughtUp(projector)
    expect([await sums(), projector.status().lastError]).toEqual([{ a: 2 }, null])
    await projector.stop()
    await expect(projector.hold(async () => 1)).rejects.toThrow('stopped')
  })

  test('does not wait for the end of a back-off', async () => {
    const projector = start({ clock: { now: systemClock.now, after: () => () => undefined }, epoch: 1 })
    await record('a', 1)
    await caughtUp(projector)
    await sql.unsafe(`drop schema "${counterModel.schemaName}" cascade`)
    await record('a', 2)
    await until(() => projector.status().state === 'stalled')
    expect(await projector.hold(async () => 'held')).toBe('held')
    await until(() => projector.status().eventCount === 2)
  })
})

describe('seam 1 committed and announced', () => {
  test('in agreement, a restart announces nothing', async () => {
    await record('a', 1)
    const first = start()
    await caughtUp(first)
    await first.stop()
    const before = announced()
    const second = start()
    await caughtUp(second)
    expect(announced()).toEqual(before)
    expect(announced().at(-1)).toMatchObject({ kind: 'changed', to: (await checkpoint()).position })
  })

  test.each(['committed and not announced', 'announced and not committed', 'announced in part'])(
    '%s: a new incarnation and a resync mark',
    async (difference) => {
      await record('a', 1)
      const first = start()
      await caughtUp(first)
      await first.stop()
      const before = await checkpoint()
      const last = must(announced().at(-1), 'it announced')
      if (difference === 'committed and not announced')
        await sql.unsafe(`update "${counterModel.schemaName}".checkpoint set position = $1`, [
          store.log.at(-1)?.position ?? '',
        ])
      const { kind, ...data } = last
      const changed =
        difference === 'announced in part' ? { ...data, parts: 2 } : { ...data, to: store.log.at(-1)?.position }
      if (difference !== 'committed and not announced')
        await store.append(changesName, [eventOf({ ...changed, part: 0 })], 'stream-exists')
      const second = start()
      await caughtUp(second)
      const after = await checkpoint()
      expect(after.incarnation).not.toBe(before.incarnation)
      expect(announced().at(-1)).toMatchObject({ kind: 'resync', incarnation: after.incarnation, to: after.position })
    },
  )

  test('an announcement that is lost with its connection is made good by a resync mark', async () => {
    let isBroken = false
    const faulty = createFaultyEventStore(store, ({ stream }) =>
      isBroken && stream === changesName ? { fails: 'before', kind: 'timeout' } : undefined,
    )
    const projector = start({ store: faulty })
    await caughtUp(projector)
    isBroken = true
    await record('a', 1)
    await until(() => projector.status().state === 'stalled')
    isBroken = false
    await record('a', 2)
    await caughtUp(projector)
    await projector.stop()
    expect(await sums()).toEqual({ a: 3 })
    const { incarnation } = await checkpoint()
    const current = announced().filter((one) => one.incarnation === incarnation)
    expect(current[0]).toMatchObject({ kind: 'resync' })
    expect(current.at(-1)).toMatchObject({ to: (await checkpoint()).position })
  })
})

describe('seam 4', () => {
  test('a batch that changes no row is announced all the same', async () => {
    const projector = start()
    await caughtUp(projector)
    await record('a', 1)
    await caughtUp(projector)
    await recordEvents(store, 'a', [{ type: CounterTouched.name, data: { isBad: false } }])
    await caughtUp(projector)
    await projector.stop()
    expect(announced().at(-1)).toMatchObject({ kind: 'changed', tables: {}, to: (await checkpoint()).position })
  })
})

describe('seam 9 a leader of an earlier epoch', () => {
  test('is refused where it commits, where it opens and where it resets, and says so', async () => {
    await record('a', 1)
    const old = start({ epoch: 1 })
    await caughtUp(old)
    const current = start({ epoch: 2 })
    await caughtUp(current)
    await record('a', 2)
    await until(() => old.status().state === 'stopped')
    await caughtUp(current)
    expect(await sums()).toEqual({ a: 3 })
    expect(current.status()).toMatchObject({ state: 'live', eventCount: 2 })

    const lost = createDeferred<void>()
    const late = start({ epoch: 1, onLostLeadership: lost.resolve })
    await lost.promise
    await until(() => late.status().state === 'stopped')
    await expect(late.reset()).rejects.toMatchObject({ kind: 'unavailable' })
    expect(await sums()).toEqual({ a: 3 })
  })
})

describe('P3 a read model is disposable', () => {
  test('reset empties it and replays the log, under a new incarnation', async () => {
    await record('a', 1)
    await recordEvents(store, 'b', [{ type: CounterSet.name, data: { sum: 1 } }])
    const projector = start()
    await caughtUp(projector)
    const before = await checkpoint()
    await sql.unsafe(`update "${counterModel.schemaName}".counters set sum = 99`)
    await Promise.all([projector.reset(), projector.reset()])
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 1 })
    expect((await checkpoint()).incarnation).not.toBe(before.incarnation)
    expect(projector.status()).toMatchObject({ eventCount: 2, parkedCount: 1 })
    expect(await parked()).toHaveLength(1)
  })

  describe('another version', () => {
    const changed: ProjectionDefinition = {
      ...counters,
      version: 2,
      on: counters.on.filter(({ type }) => type !== ResetCounter.name),
    } as never
    const projectOnce = async (): Promise<void> => {
      await record('a', 1)
      const first = start()
      await caughtUp(first)
      await first.stop()
      await record('a', 2)
    }

    test('leaves the rows as they are, fed by kept code that made them', async () => {
      await projectOnce()
      const outdated: number[] = []
      const projector = start({
        definition: changed,
        findKept: async (version) =>
          version === 1 ? { definition: counters as never, upcast: upcastEvent } : undefined,
        onOutdated: ({ version }) => outdated.push(version),
      })
      await caughtUp(projector)
      expect([await sums(), outdated]).toEqual([{ a: 3 }, [1]])
      expect(projector.status()).toMatchObject({ version: 1, loadedVersion: 2, frozenWords: null })
      expect(announced().at(-1)).toMatchObject({ version: 1 })
    })

    test.each([
      ['none was kept', async () => undefined, 'no code of version 1 was kept'],
      ['it has other tables', async () => ({ definition: changed, upcast: upcastEvent }), 'has other tables'],
      ['it does not load', () => Promise.reject(new PlatformError('plugin-failed', 'half a file')), 'does not load'],
    ])('stands still and can be read where %s, until it is reset', async (_, findKept, words) => {
      await projectOnce()
      const projector = start({ definition: changed, findKept })
      await until(() => projector.status().state === 'frozen')
      expect(projector.status()).toMatchObject({ version: 1, frozenWords: expect.stringContaining(words) })
      expect(await sums()).toEqual({ a: 1 })
      expect(await projector.hold(async () => 'held')).toBe('held')
      await projector.reset()
      await caughtUp(projector)
      expect(await sums()).toEqual({ a: 3 })
      expect(projector.status()).toMatchObject({ version: 2, frozenWords: null })
    })
  })

  test('a stopped projector is not reset', async () => {
    const projector = start()
    await projector.stop()
    await expect(projector.reset()).rejects.toMatchObject({ kind: 'unavailable' })
  })
})

function eventOf(data: object) {
  return { id: crypto.randomUUID(), type: 'peek.ReadModelChanged', data: data as never, metadata: {} }
}
