/** The ledger of devices over a real database: what a service told is there after a restart, bounded. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { ChangeEvent } from '#event-store/change-event.ts'
import { type Clock, createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createMemoryModel } from '#observable/source/memory-model.ts'
import { createDeviceLedger, type DeviceLedger } from '#services/logic/devices/device-ledger.ts'
import { contactsKeptMax, createDeviceTable } from '#services/logic/devices/device-table.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { Device } from '#vortex/protocol/device-tuples.ts'
import type { DevicesReport, ReportedDevice } from '#vortex/protocol/devices-report.ts'

const from = { instance: 'field-1', service: 'field' }
const dayMs = 24 * 60 * 60 * 1_000
const startAt = Date.UTC(2026, 10, 1)

let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase(4)
}, 120_000)
afterAll(async () => {
  await database?.[Symbol.asyncDispose]()
})

async function openLedger(options: { clock?: Clock; build?: string; countMax?: number } = {}) {
  const { clock = createFakeClock(startAt), build = '1.0.0', countMax = 1_000 } = options
  const changes: ChangeEvent[] = []
  const model = createMemoryModel(Device, { orderBy: [], onChange: (_, change) => changes.push(change) })
  const ledger = createDeviceLedger({ build, model, clock, log: silentLog, countMax })
  await ledger.lead(createDeviceTable(database.sql))
  return { ledger, changes, [Symbol.dispose]: () => ledger.stop() }
}
const report = (device: string, change: Partial<ReportedDevice> = {}): ReportedDevice => ({
  ...{ device, app: 'field', user: 'guest', build: '1.0.0', protocol: 4, announcedSeq: 5, answeredSeq: 3 },
  told: {
    ...{ at: startAt, storageId: newUuid(), endedSeq: 3, unsentCount: 2, attentionCount: 1, cachedCount: 7 },
    ...{ storageUsedBytes: 8e9, storageQuotaBytes: null, clockOffsetMs: -90_000 },
  },
  contacts: [{ id: newUuid(), address: '10.0.0.1', from: startAt, until: startAt + 5, isOpen: true }],
  ...change,
})
const take = (ledger: DeviceLedger, ...devices: ReportedDevice[]): Promise<void> => {
  const body: DevicesReport = { devices }
  return ledger.take(from, JSON.stringify(body))
}
const rowOf = (ledger: DeviceLedger, device: string) => [...ledger.rows()].find((row) => row.device === device)

test('what was told of a device is known after a restart of logic, and who is connected only when told again', async () => {
  const device = newUuid()
  const known = report(device)
  using first = await openLedger()
  await take(first.ledger, known)
  const before = rowOf(first.ledger, device)
  expect(before).toMatchObject({
    ...{ isOnline: true, services: ['field'], connectionCount: 1, leftCount: 2, attentionCount: 1 },
    ...{ announcedSeq: 5, acknowledgedSeq: 3, unsentSince: startAt, storageUsedBytes: 8e9, clockOffsetMs: -90_000 },
  })
  using second = await openLedger()
  const offline = { isOnline: false, services: [], connectionCount: 0 }
  expect(rowOf(second.ledger, device)).toMatchObject({ ...before, ...offline })
  await take(second.ledger, known)
  expect(rowOf(second.ledger, device)).toMatchObject({ ...before })
  second.ledger.leave(from.instance)
  expect(rowOf(second.ledger, device)).toMatchObject(offline)
}, 120_000)

test('a logic that does not lead takes no report, and nothing is shown of one that was not kept', async () => {
  using world = await openLedger()
  await world.ledger.lead(undefined)
  expect(take(world.ledger, report(newUuid()))).rejects.toMatchObject({ kind: 'unavailable' })
  expect(world.ledger.take(from, '{"devices":[{}]}')).rejects.toMatchObject({ kind: 'bad-input' })
}, 120_000)

test('of connections the latest are kept, each once however often it is told', async () => {
  using world = await openLedger()
  const device = newUuid()
  for (let place = 0; place < contactsKeptMax + 10; place++) {
    const contact = { id: newUuid(), address: 'x', from: startAt + place, until: startAt + place, isOpen: false }
    const one = report(device, { contacts: [contact] })
    await take(world.ledger, one, one)
    await take(world.ledger, { ...one, contacts: [{ ...contact, until: startAt + place + 5 }] })
  }
  const contacts = await world.ledger.contactsOf(device)
  expect(contacts).toHaveLength(contactsKeptMax)
  expect(contacts[0]).toMatchObject({ service: 'field', until: startAt + contactsKeptMax + 14 })
}, 120_000)

test('how far an app is behind is counted by the versions that ran here', async () => {
  const [old, odd] = [newUuid(), newUuid()]
  for (const [day, build] of ['1.0.0', '1.1.0', '2.0.0'].entries()) {
    using _ = await openLedger({ build, clock: createFakeClock(startAt + day * dayMs) })
  }
  using world = await openLedger({ build: '2.0.0' })
  await take(world.ledger, report(old), report(odd, { build: 'self-made' }))
  expect(rowOf(world.ledger, old)?.versionsBehind).toBe(2)
  expect(rowOf(world.ledger, odd)?.versionsBehind).toBeNull()
}, 120_000)

test('one that was silent for a year is forgotten; one with something on it never is, whatever the time', async () => {
  const clock: FakeClock = createFakeClock(startAt)
  using world = await openLedger({ clock })
  const [idle, holding] = [newUuid(), newUuid()]
  const left = () => ({ contacts: [{ id: newUuid(), address: 'x', from: startAt, until: startAt, isOpen: false }] })
  await take(world.ledger, report(idle, { ...left(), told: null, answeredSeq: 5 }))
  await take(world.ledger, report(holding, left()))
  clock.advance(366 * dayMs)
  await world.ledger.lead(createDeviceTable(database.sql))
  expect(rowOf(world.ledger, idle)).toBeUndefined()
  expect(rowOf(world.ledger, holding)).toBeDefined()
}, 120_000)

test('where there are too many the longest silent that nothing is on goes, and one more is not kept where there is none', async () => {
  await database.sql`delete from platform.devices`
  using world = await openLedger({ countMax: 2 })
  const [first, second, third, fourth] = [newUuid(), newUuid(), newUuid(), newUuid()]
  const left = (until: number) => ({ contacts: [{ id: newUuid(), address: 'x', from: 1, until, isOpen: false }] })
  await take(world.ledger, report(first, { ...left(10), told: null, answeredSeq: 5 }))
  await take(world.ledger, report(second, left(5)))
  await take(world.ledger, report(third, left(20)))
  expect([first, second, third].map((one) => rowOf(world.ledger, one) !== undefined)).toEqual([false, true, true])
  await take(world.ledger, report(fourth))
  expect([second, third, fourth].map((one) => rowOf(world.ledger, one) !== undefined)).toEqual([true, true, false])
}, 120_000)

test('a device that will not come back is forgotten with all that is known of it, one that is connected is not', async () => {
  await database.sql`delete from platform.devices`
  using world = await openLedger()
  const device = newUuid()
  await take(world.ledger, report(device))
  expect(world.ledger.forget(device)).rejects.toMatchObject({ kind: 'bad-input' })
  world.ledger.leave(from.instance)
  await world.ledger.forget(device)
  expect(rowOf(world.ledger, device)).toBeUndefined()
  expect(await world.ledger.contactsOf(device)).toEqual([])
  expect(world.ledger.forget(device)).rejects.toMatchObject({ kind: 'not-found' })
}, 120_000)
