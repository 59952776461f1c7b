import type { Clock } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { MemoryModel } from '#observable/source/memory-model.ts'
import type { Device } from '#vortex/protocol/device-tuples.ts'
import {
  type DevicesReport,
  deviceKey,
  devicesReportSchema,
  type ReportedDevice,
} from '#vortex/protocol/devices-report.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import type { DeviceTable, KeptContact } from './device-table.ts'
import { isForgettable, type KnownDevice, leftOn, mergeReport } from './known-device.ts'
import { toDeviceRow } from './to-device-row.ts'

/**
 * Every device that was ever heard of, and what is known to be on it: kept in Postgres, shown live on the admin app.
 *
 * Promises: a report that was answered is on disk; what it says shows at once. Who is connected is known by the services
 * that hold the connections, and gone with their link. Bounded: a device that was silent for a year is forgotten when
 * nothing is on it, and sooner, the longest silent first, where there are too many.
 */
export interface DeviceLedger {
  rows(): Iterable<DeviceRow>
  /** Takes the report (JSON text) of a service. Rejects with `bad-input`, or `unavailable` while this logic does not lead. */
  take(from: { readonly instance: string; readonly service: string }, text: string): Promise<void>
  /** The link of a service closed: nobody is known to be connected there. */
  leave(instance: string): void
  contactsOf(device: string): Promise<readonly KeptContact[]>
  /** Forgets a device with all that is known of it. Rejects with `not-found`, or `bad-input` while it is connected. */
  forget(device: string): Promise<readonly DeviceRow[]>
  /** From now on it keeps its devices in this table, and begins with what is there; or, without one, takes no reports. */
  lead(table: DeviceTable | undefined): Promise<void>
  stop(): void
}

export type DeviceRow = TupleOf<typeof Device>

export const devicesKeptMax = 20_000
const lookEveryMs = 60 * 60_000

export function createDeviceLedger(options: {
  readonly build: string
  /** Where administrators see them. */
  readonly model: Pick<MemoryModel<DeviceRow>, 'set' | 'delete' | 'rows'>
  readonly clock: Clock
  readonly log: Log
  readonly countMax?: number
}): DeviceLedger {
  const { model, clock, log, countMax = devicesKeptMax } = options
  const known = new Map<string, KnownDevice>()
  /** By device, then by instance: the service, and its connections that are open. */
  const online = new Map<string, Map<string, { service: string; contacts: Set<string> }>>()
  let builds: readonly string[] = []
  let table: DeviceTable | undefined
  /** One at a time, so that what is written last is what is known last. */
  let working: Promise<unknown> = Promise.resolve()
  let cancelLook = (): void => undefined

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = working.then(work)
    working = done.catch(() => undefined)
    return done
  }
  const leading = (): DeviceTable => {
    if (table) return table
    throw new PlatformError('unavailable', 'Logic is starting, or another instance leads; say it again shortly.')
  }
  const show = (key: string): void => {
    const device = known.get(key)
    if (device) model.set(toDeviceRow(device, { builds, online: [...(online.get(key)?.values() ?? [])] }))
    else model.delete(key)
  }

  const takeReport = async (from: { instance: string; service: string }, { devices }: DevicesReport): Promise<void> => {
    const into = leading()
    const room = await makeRoom(into, devices.filter((report) => !known.has(deviceKey(report))).length)
    const taken = devices.filter((report) => known.has(deviceKey(report)) || room.admit())
    const changed = new Map<string, KnownDevice>()
    for (const report of taken) {
      const key = deviceKey(report)
      changed.set(key, mergeReport(changed.get(key) ?? known.get(key), report))
    }
    const contacts = new Map(taken.flatMap((report) => toContacts(report, from.service)).map((one) => [one.id, one]))
    await into.save([...changed.values()], [...contacts.values()])
    for (const [key, device] of changed) known.set(key, device)
    for (const report of taken) noteOnline(from, report)
    for (const key of changed.keys()) show(key)
  }

  const noteOnline = ({ instance, service }: { instance: string; service: string }, report: ReportedDevice): void => {
    const key = deviceKey(report)
    const places = online.get(key) ?? new Map<string, { service: string; contacts: Set<string> }>()
    const place = places.get(instance) ?? { service, contacts: new Set<string>() }
    for (const { id, isOpen } of report.contacts) {
      if (isOpen) place.contacts.add(id)
      else place.contacts.delete(id)
    }
    if (place.contacts.size > 0) places.set(instance, place)
    else places.delete(instance)
    if (places.size > 0) online.set(key, places)
    else online.delete(key)
  }

  /** Places for so many more, as far as devices can be forgotten that nothing is on. */
  const makeRoom = async (into: DeviceTable, wantedCount: number): Promise<{ admit(): boolean }> => {
    const excess = known.size + wantedCount - countMax
    if (excess > 0) {
      const idle = [...known].filter(([key, device]) => !online.has(key) && leftOn(device) === 0)
      const longestSilent = idle.toSorted(([, a], [, b]) => a.lastContactAt - b.lastContactAt).slice(0, excess)
      await drop(into, longestSilent)
    }
    let left = Math.max(0, countMax - known.size)
    if (left < wantedCount) log.warning('there are more devices than are kept', { countMax })
    return { admit: () => left-- > 0 }
  }

  const drop = async (from: DeviceTable, devices: readonly (readonly [string, KnownDevice])[]): Promise<void> => {
    await from.forget(devices.map(([, device]) => device))
    for (const [key] of devices) {
      known.delete(key)
      show(key)
    }
  }

  const look = (): void => {
    cancelLook = clock.after(lookEveryMs, look)
    inTurn(async () => {
      const now = clock.now()
      const old = [...known].filter(([key, device]) => !online.has(key) && isForgettable(device, now))
      if (table && old.length > 0) await drop(table, old)
    }).catch((error: unknown) => log.warning(`old devices could not be forgotten: ${describeError(error)}`))
  }
  cancelLook = clock.after(lookEveryMs, look)

  return {
    rows: model.rows,
    take: async (from, text) => {
      const parsed = parseWith<DevicesReport>(devicesReportSchema, tryParseJson(text))
      if (!parsed.ok) throw new PlatformError('bad-input', `A report of devices is wrong: ${parsed.words}.`)
      await inTurn(() => takeReport(from, parsed.value))
    },
    leave: (instance) => {
      for (const [key, places] of online) {
        if (!places.delete(instance)) continue
        if (places.size === 0) online.delete(key)
        show(key)
      }
    },
    contactsOf: (device) => leading().contactsOf(device),
    forget: (device) =>
      inTurn(async () => {
        const from = leading()
        const meant = [...known].filter(([, one]) => one.device === device)
        if (meant.length === 0) throw new PlatformError('not-found', `No device ${device} is known.`)
        if (meant.some(([key]) => online.has(key)))
          throw new PlatformError('bad-input', `The device ${device} is connected: it would be back at once.`)
        const rows = meant.map(([, one]) => toDeviceRow(one, { builds, online: [] }))
        await drop(from, meant)
        return rows
      }),
    lead: (next) =>
      inTurn(async () => {
        table = undefined
        if (!next) return
        builds = await next.noteBuild(options.build, clock.now())
        const loaded = new Map((await next.load()).map((device) => [deviceKey(device), device]))
        table = next
        const gone = [...known.keys()].filter((key) => !loaded.has(key))
        known.clear()
        for (const [key, device] of loaded) known.set(key, device)
        for (const key of [...gone, ...loaded.keys()]) show(key)
      }),
    stop: () => cancelLook(),
  }
}

function toContacts(report: ReportedDevice, service: string): readonly KeptContact[] {
  const { device, app, user, build, contacts } = report
  return contacts.map(({ isOpen: _isOpen, ...contact }) => ({ ...contact, device, app, user, build, service }))
}
