/** What becomes of an accepted action whose event parks, on a real Postgres, over an event store in memory. */
import { expect, test } from 'bun:test'
import type { EffectNews } from '#event-store/change-event.ts'
import { must } from '#kernel/assert.ts'
import { newUuid } from '#kernel/ids.ts'
import { createEffectSource } from '#projection/parking/effect-source.ts'
import { eventually } from '#support/eventually.ts'
import {
  ann,
  announced,
  boxOf,
  caughtUp,
  control,
  ended,
  id,
  moved,
  packed,
  recordAction,
  restart,
  schema,
  shaken,
  sql,
  start,
  useParkedLedger,
} from '#support/parked-ledger.ts'

useParkedLedger()

const [tablet, truck] = [newUuid(), newUuid()]
const watchedFields = { boxes: { shown: ['id', 'place', 'moves'], pickedBy: ['place'], by: ['test.Boxes'] } }
const startWatched = (isFixed: boolean) => start(isFixed, { watchedFields })
const restartWatched = (isFixed: boolean) => restart(isFixed, { watchedFields })

const news = (): EffectNews[] =>
  announced().flatMap((change) => (change.kind === 'changed' && change.effects ? [change.effects] : []))
const told = () =>
  news().flatMap(({ of }) => (of === 'ask' ? [] : of.map((one) => [one.actionId, one.state, one.words])))
const by = (device: string, user = 'guest') => ({ user, device, service: 'field', roles: [] })
const source = () => createEffectSource({ sql, projections: [{ id, schemaName: schema, on: ['test.Boxes'] }] })
const ask = async (...question: Parameters<ReturnType<typeof source>['effectsOf']>) =>
  (await source().effectsOf(...question)).map(({ actionId, state, words }) => [actionId, state, words])
const knownOf = async (device: string, user?: string) =>
  (await source().effectsOf(by(device, user), [])).map(({ actionId, projection, position }) => ({
    actionId,
    projection,
    position,
  }))

test('seam 8 an action whose event parks is announced as delayed, to whom it belongs, and as effective after a retry', async () => {
  const projector = await startWatched(false)
  await recordAction('a', { actionId: 'pack', device: tablet }, packed('x'))
  await recordAction('a', { actionId: 'shake', device: tablet, user: 'ann' }, shaken(true))
  await recordAction('a', { actionId: 'move', device: truck }, moved('x', 'y'))
  await caughtUp(projector)
  await eventually('both are told', () => told().length === 2)
  expect(told()).toEqual([
    ['shake', 'delayed', ''],
    ['move', 'delayed', ''],
  ])
  expect(news()[0]).toMatchObject({
    on: ['test.Boxes'],
    of: [{ device: tablet, user: 'ann', stream: boxOf('a'), type: shaken(true).type }],
  })

  await restartWatched(true)
  const known = await knownOf(truck)
  expect(await ask(by(truck), known)).toEqual([['move', 'delayed', '']])
  expect(await ask(by(newUuid(), 'ann'), [])).toEqual([['shake', 'delayed', '']])
  await ended(control.retry({ stream: boxOf('a') }, ann))
  await eventually('both are told', () => told().length === 4)
  expect(told().slice(2)).toEqual([
    ['shake', 'effective', ''],
    ['move', 'effective', ''],
  ])
  expect(await ask(by(truck), known)).toEqual([['move', 'effective', '']])
})

test('seam 8 an action is delayed as long as one of its events is parked, and skipped if one was left out', async () => {
  const projector = await startWatched(false)
  await recordAction('a', { actionId: 'both', device: tablet }, packed('x'), shaken(true), moved('nowhere', 'x'))
  await caughtUp(projector)
  await eventually('it is told', () => told().length === 1)
  const known = await knownOf(tablet)
  const [first] = await control.entities({ projection: id, after: null, countMax: 1 })
  const { eventId, stream } = must(first, 'it is parked')
  await ended(control.skip({ stream, eventId }, { ...ann, reason: 'a test drive' }))
  await eventually('the first is left out', () => told().length >= 2)
  expect(told().at(-1)).toEqual(['both', 'delayed', ''])
  const [second] = await control.entities({ projection: id, after: null, countMax: 1 })
  const next = must(second, 'the other failed too')
  const before = announced().length
  await ended(control.skip({ stream, eventId: next.eventId }, { ...ann, reason: 'nowhere' }))
  await eventually('no row changed, and it is told all the same', () => announced().length > before)
  expect(told().at(-1)).toEqual(['both', 'skipped', 'a test drive'])
  expect(await ask(by(tablet), known)).toEqual([['both', 'skipped', 'a test drive']])
  expect(await ask(by(truck), known)).toEqual([['both', 'effective', '']])
  const count = announced().length
  await restartWatched(false)
  expect(announced()).toHaveLength(count)
})

test('seam 8 a replay of the entity tells of each of its actions how it stands afterwards', async () => {
  const projector = await startWatched(false)
  await recordAction('a', { actionId: 'pack', device: tablet }, packed('x'))
  await recordAction('a', { actionId: 'shake', device: tablet }, shaken(true))
  await recordAction('a', { actionId: 'move', device: tablet }, moved('nowhere', 'y'))
  await caughtUp(projector)
  await restartWatched(true)
  await ended(control.replay({ stream: boxOf('a') }, ann))
  await eventually('it is told', () => told().length >= 4)
  expect(told().slice(-2).toSorted()).toEqual([
    ['move', 'delayed', ''],
    ['shake', 'effective', ''],
  ])
})

test('seam 8 while the log is replayed what is not parked yet is neither effective nor forgotten', async () => {
  const projector = await startWatched(false)
  await recordAction('a', { actionId: 'shake', device: tablet }, packed('x'), shaken(true))
  await caughtUp(projector)
  const known = await knownOf(tablet)
  await sql.unsafe('delete from platform.parked_events')
  await sql.unsafe(`update "${schema}".checkpoint set position = ''`)
  expect(await ask(by(tablet), known)).toEqual([])
  const nowhere = known.map((one) => ({ ...one, projection: 'test.gone' }))
  expect(await ask(by(tablet), nowhere)).toEqual([['shake', 'effective', '']])
})

test('seam 8 parked actions of a read model that no screen shows are delayed for nobody', async () => {
  const projector = await start(false, { watchedFields: {} })
  await recordAction('a', { actionId: 'shake', device: tablet }, packed('x'), shaken(true))
  await caughtUp(projector)
  await eventually('it is announced', () => announced().length > 0)
  expect(told()).toEqual([])
})
