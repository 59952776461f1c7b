/**
 * A read model in which entities share rows, with events that fail, for tests of parked events: a real Postgres, an event
 * store in memory, and a projector that is started with the bug of its handler or without.
 */

import { afterAll, afterEach, beforeAll, beforeEach } from 'bun:test'
import { assertPlatformEvent } from '#admin/platform-events.ts'
import { type ChangeEvent, parseChangeEvent } from '#event-store/change-event.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { createParkingControl } from '#projection/parking/create-parking-control.ts'
import type { ParkingControl, ParkingWork } from '#projection/parking-control.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import type { ProjectorOptions } from '#projection/projector-options.ts'
import type { Client } from '#storage/client.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { BoxMoved, BoxPacked, BoxShaken, defineLedger, ledgerModel } from '#testing/ledger-model.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'

export const schema = ledgerModel.schemaName
export const id = 'test.ledger'
export const ann = { projection: id, by: 'ann', reason: 'the handler is fixed' }
let fresh: MigratedDatabase
export let sql: Client
export let store: MemoryEventStore
export const running: Projector[] = []
export let control: ParkingControl
export let decisions: { type: string; user: string; data: JsonObject }[] = []

/** Registers what begins and ends with each test of the file. */
export function useParkedLedger(): void {
  beforeAll(async () => {
    fresh = await migratedDatabase(6)
    sql = fresh.sql
  }, 60_000)
  afterAll(async () => {
    await fresh?.[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    store = createMemoryEventStore()
    decisions = []
    await sql.unsafe(`drop schema if exists "${schema}" cascade`)
    for (const table of ['parked_events', 'skipped_events', 'rebuilds'])
      await sql.unsafe(`delete from platform.${table}`)
    control = createParkingControl({
      sql,
      store,
      projectors: () => running.slice(-1),
      record: async ({ type, user, data }) => {
        assertPlatformEvent(type, data)
        decisions.push({ type, user, data })
      },
      clock: systemClock,
      log: silentLog,
    })
  })
  afterEach(async () => {
    await control.stop()
    await stopAll()
  })
}

const stopAll = async () => void (await Promise.all(running.splice(0).map((projector) => projector.stop())))

export async function start(isFixed: boolean, options: Partial<ProjectorOptions> = {}): Promise<Projector> {
  const projector = startProjector({
    definition: defineLedger(isFixed),
    store,
    sql,
    clock: { now: systemClock.now, after: (_, work) => systemClock.after(0, work) },
    random: () => 0,
    log: silentLog,
    epoch: 1,
    watchedFields: { boxes: { shown: ['id', 'place', 'moves'], pickedBy: ['place'] } },
    ...options,
  })
  running.push(projector)
  await caughtUp(projector)
  return projector
}

/** Another build of the same projection takes over. */
export async function restart(isFixed: boolean, options?: Partial<ProjectorOptions>): Promise<Projector> {
  for (const projector of running) await caughtUp(projector)
  await stopAll()
  return start(isFixed, options)
}

export async function caughtUp(projector: Projector): Promise<void> {
  const head = store.log.findLast(({ stream }) => !stream.startsWith('changes-'))?.position ?? ''
  await eventually('the projector has caught up', () => {
    const { state, position } = projector.status()
    return state === 'live' && position >= head
  })
}

export const boxOf = (box: string): string => `test.Box-${box}`
export const record = (box: string, ...events: { type: string; data: JsonObject }[]) =>
  store.append(
    boxOf(box),
    events.map((event) => ({ id: newUuid(), ...event, metadata: {} })),
    'any',
  )
/** What an action of a device, and a person, recorded. */
export const recordAction = (
  box: string,
  by: { readonly actionId: string; readonly device: string; readonly user?: string },
  ...events: { type: string; data: JsonObject }[]
) =>
  store.append(
    boxOf(box),
    events.map((event) => ({ id: newUuid(), ...event, metadata: { user: 'guest', ...by } })),
    'any',
  )
export const packed = (place: string) => ({ type: BoxPacked.name, data: { place } })
export const moved = (from: string, to: string) => ({ type: BoxMoved.name, data: { from, to } })
export const shaken = (isFragile: boolean) => ({ type: BoxShaken.name, data: { isFragile } })

export type Tables = { readonly boxes: unknown; readonly places: unknown; readonly parked: unknown }
export async function tablesNow(): Promise<Tables> {
  const [boxes, places, parked] = await Promise.all([
    sql.unsafe(`select id, place, moves from "${schema}".boxes order by id`),
    sql.unsafe(`select id, boxes from "${schema}".places order by id`),
    sql.unsafe(
      'select stream, event_id, fingerprint, words from platform.parked_events where projection = $1 order by position',
      [id],
    ),
  ])
  return { boxes: [...boxes], places: [...places], parked: [...parked] }
}

/** What a full rebuild gives: the read model emptied, and the whole log projected with the code that runs. */
export async function rebuilt(): Promise<Tables> {
  const projector = must(running.at(-1), 'one runs')
  await projector.reset()
  await caughtUp(projector)
  return tablesNow()
}
export const ended = async (work: Promise<ParkingWork>): Promise<ParkingWork> => control.finished((await work).id)
export const box = async (name: string): Promise<{ place: string; moves: number } | undefined> => {
  const [row] = await sql.unsafe(`select place, moves from "${schema}".boxes where id = $1`, [name])
  return row && { place: row.place, moves: row.moves }
}
export const parkedOf = async (name: string) => [
  ...(await sql`select type, fingerprint is null as behind, words from platform.parked_events where stream = ${boxOf(name)} order by revision`),
]

export const announced = (): ChangeEvent[] =>
  store.streamOf('changes-test.ledger').map(({ type, data }) => must(parseChangeEvent(type, data), 'it can be read'))
