/** The list of past actions where its rows stand still: another version is loaded, and no code of theirs was kept. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { toMetadata } from '#event-store/metadata.ts'
import { must } from '#kernel/assert.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { logStart } from '#kernel/position.ts'
import { projectionFilter } from '#projection/projection-filter.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import { actionAudit, actionAuditModel } from '#projections/action-audit/action-audit.ts'
import { createPastOutcomes } from '#services/logic/past-outcomes.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'

const stream = 'shop.Order-7'
const table = `"${actionAuditModel.schemaName}".actions`
const store = createMemoryEventStore()
let fresh: MigratedDatabase
let projector: Projector | undefined

beforeAll(async () => {
  fresh = await migratedDatabase(4)
}, 120_000)
afterAll(async () => {
  await projector?.stop()
  await fresh?.[Symbol.asyncDispose]()
})

/** Waiting takes no time: every look at it is a second later. */
function hurriedClock(): Clock {
  let now = 0
  return { now: () => (now += 1_000), after: (_, work) => systemClock.after(0, work) }
}

const start = (version: number): Projector =>
  startProjector({
    definition: { ...actionAudit, version },
    findKept: async () => undefined,
    store,
    sql: fresh.sql,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    epoch: version,
    watchedFields: {},
  })

const past = () =>
  createPastOutcomes({
    sql: fresh.sql,
    store,
    schemaName: actionAuditModel.schemaName,
    position: () => projector?.status().position ?? logStart,
    filter: projectionFilter(actionAudit),
    clock: hurriedClock(),
  })

async function act(said: { readonly changed?: string } = {}): Promise<string> {
  const id = newUuid()
  const metadata = toMetadata({
    actionId: id,
    correlationId: id,
    causationId: id,
    user: 'ann',
    device: 'tablet',
    service: 'field',
    plugin: 'shop',
    pluginVersion: '1.0.0',
    schemaVersion: 1,
    occurredAt: 1,
    recordedAt: 2,
    ...said,
  })
  await store.append(stream, [{ id, type: 'shop.ChangeOrder', data: {}, metadata }], 'any')
  return id
}

const kindOf = (failure: unknown) => (failure as { readonly kind?: string }).kind

test('E2 what it knows is answered, what it cannot know is never taken for new, and all is known once it is built', async () => {
  const early = await act()
  const changed = await act({ changed: 'Two were left.' })
  projector = start(1)
  const first = await store.head()
  await eventually('it is listed', () => (projector?.status().position ?? logStart) >= first)
  await projector.stop()

  projector = start(2)
  await eventually('the rows stand still', () => projector?.status().state === 'frozen')
  const late = await act()
  const accepted = { stream, outcome: { answer: { outcome: 'accepted' } } }
  expect(await past().find(early)).toMatchObject(accepted)
  expect(await past().find(changed)).toMatchObject({ outcome: { answer: { changed: 'Two were left.' } } })
  for (const id of [late, newUuid()])
    expect(
      kindOf(
        await past()
          .find(id)
          .catch((error) => error),
      ),
    ).toBe('timeout')

  // Rows of another version may lack a column of today: then nobody can say, which is no fault of the action.
  await fresh.sql.unsafe(`alter table ${table} rename column words to said`)
  for (const id of [early, late])
    expect(
      kindOf(
        await past()
          .find(id)
          .catch((error) => error),
      ),
    ).toBe('unavailable')

  await projector.reset()
  const newest = must(store.streamOf(stream).at(-1), 'they acted').position
  await eventually('it is built', () => (projector?.status().position ?? logStart) >= newest)
  for (const id of [early, late]) expect(await past().find(id)).toMatchObject(accepted)
  expect(await past().find(newUuid())).toBeUndefined()
})
