import { type Clock, pause } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import { type Answer, isFinal } from '#vortex/protocol/answer.ts'
import {
  contactsReportedMax,
  countOnDeviceMax,
  type DeviceContact,
  type DevicesReport,
  deviceKey,
  devicesReportedMax,
  type ReportedDevice,
  type ToldByDevice,
} from '#vortex/protocol/devices-report.ts'
import type { Act, DeviceReport } from '#vortex/protocol/up.ts'
import type { Session } from '#vortex/server/vortex-handler.ts'

/**
 * What this service knows of the devices it holds, told to logic: who is connected, how far each one's actions are
 * announced and answered, and what each said of its outbox.
 *
 * Promises: news is told within a second, in one report at a time, and again until logic has taken it; who is connected is
 * told anew when logic comes back. Bounded: of more devices than are kept, those that left are forgotten first.
 */
export interface DeviceDesk {
  open(session: HeldSession): void
  told(session: HeldSession, said: DeviceReport): void
  answered(session: HeldSession, act: Act, answer: Answer): void
  close(session: HeldSession): void
  /** Logic is there, maybe another one than before. */
  tellAgain(): void
  /** Tells what is left, if logic takes it. */
  stop(): Promise<void>
}

/** What is looked at of a session. */
export type HeldSession = Pick<
  Session,
  'id' | 'principal' | 'hello' | 'version' | 'address' | 'openedAt' | 'lastHeardAt'
>

type Held = Pick<ReportedDevice, 'device' | 'app' | 'user'> & {
  build: string
  protocol: number
  announcedSeq: number
  answeredSeq: number
  told: ToldByDevice | null
  /** The storage that the sequence is of, as far as the device ever said: a report without one says nothing of another. */
  storageId: string | null
  readonly sessions: Map<string, HeldSession>
  /** Connections that are closed, and that logic has not heard of. */
  left: DeviceContact[]
}

const tellEveryMs = 1_000
const retryMs = 5_000
/** A device that just stays connected is written down this often. */
const stillHereEveryMs = 5 * 60_000
const devicesHeldMax = 20_000
const stopMsMax = 1_000

export function createDeviceDesk(options: {
  readonly tell: (report: DevicesReport) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}): DeviceDesk {
  const { clock, log } = options
  const held = new Map<string, Held>()
  const news = new Set<string>()
  let cancel: (() => void) | undefined
  let telling: Promise<void> | undefined
  let wasRefused = false
  let isStopped = false

  const note = (key: string): void => {
    news.add(key)
    if (!telling) schedule(tellEveryMs)
  }
  const schedule = (afterMs: number): void => {
    if (isStopped || cancel) return
    cancel = clock.after(afterMs, () => {
      cancel = undefined
      telling = tell().finally(() => {
        telling = undefined
        if (news.size > 0) schedule(wasRefused ? retryMs : tellEveryMs)
      })
    })
  }

  const tell = async (): Promise<void> => {
    while (news.size > 0) {
      const keys = [...news].slice(0, devicesReportedMax)
      const devices = keys.flatMap((key) => toReport(held.get(key)))
      for (const key of keys) news.delete(key)
      try {
        if (devices.length > 0) await options.tell({ devices })
        wasRefused = false
      } catch (error) {
        if (!wasRefused) log.info(`logic has not taken what is known of devices yet: ${describeError(error)}`)
        wasRefused = true
        for (const key of keys) news.add(key)
        return
      }
      for (const device of devices) forgetLeft(device)
    }
  }

  /** What was told of connections that are closed need not be told again. */
  const forgetLeft = (report: ReportedDevice): void => {
    const key = deviceKey(report)
    const device = held.get(key)
    if (!device) return
    const told = new Set(report.contacts.filter(({ isOpen }) => !isOpen).map(({ id }) => id))
    device.left = device.left.filter(({ id }) => !told.has(id))
    if (device.sessions.size === 0 && device.left.length === 0) held.delete(key)
  }

  const heldOf = (session: HeldSession): Held => {
    const { device, name } = session.hello
    const of = { device, app: cleaned(name), user: cleaned(session.principal.user) }
    const key = deviceKey(of)
    const known = held.get(key)
    if (known) return known
    const made: Held = {
      ...of,
      build: cleaned(session.hello.build),
      protocol: session.version,
      announcedSeq: 0,
      answeredSeq: 0,
      told: null,
      storageId: null,
      sessions: new Map(),
      left: [],
    }
    makeRoom()
    held.set(key, made)
    return made
  }
  /** An answer may come when its device has gone. */
  const noteLeft = (device: Held, session: HeldSession): void => {
    if (device.sessions.has(session.id)) return
    const others = device.left.filter(({ id }) => id !== session.id)
    device.left = [...others, toContact(session, false)].slice(-contactsReportedMax)
  }
  const makeRoom = (): void => {
    if (held.size < devicesHeldMax) return
    const [gone] = [...held].find(([, { sessions }]) => sessions.size === 0) ?? []
    if (gone === undefined) return
    held.delete(gone)
    news.delete(gone)
  }

  const tellAgain = (): void => {
    for (const [key, { sessions }] of held) if (sessions.size > 0) note(key)
  }
  let cancelStillHere = (): void => undefined
  const stillHere = (): void => {
    cancelStillHere = clock.after(stillHereEveryMs, stillHere)
    tellAgain()
  }
  cancelStillHere = clock.after(stillHereEveryMs, stillHere)

  return {
    open: (session) => {
      const device = heldOf(session)
      device.sessions.set(session.id, session)
      device.build = cleaned(session.hello.build)
      device.protocol = session.version
      note(deviceKey(device))
    },
    told: (session, said) => {
      const device = heldOf(session)
      const told = toTold(said, clock.now())
      if (isAnother(device.storageId, told.storageId)) {
        device.announcedSeq = 0
        device.answeredSeq = 0
      }
      device.storageId = told.storageId ?? device.storageId
      device.told = told
      device.build = cleaned(said.build) || device.build
      device.announcedSeq = Math.max(device.announcedSeq, said.announced)
      note(deviceKey(device))
    },
    answered: (session, { seq }, answer) => {
      if (seq === undefined) return
      const device = heldOf(session)
      device.announcedSeq = Math.max(device.announcedSeq, seq)
      if (isFinal(answer)) device.answeredSeq = Math.max(device.answeredSeq, seq)
      noteLeft(device, session)
      note(deviceKey(device))
    },
    close: (session) => {
      const device = heldOf(session)
      if (!device.sessions.delete(session.id)) return
      noteLeft(device, session)
      note(deviceKey(device))
    },
    tellAgain,
    stop: async () => {
      isStopped = true
      cancelStillHere()
      cancel?.()
      const last = (async () => {
        await telling
        if (!wasRefused) await tell()
      })()
      await Promise.race([last, pause(clock, stopMsMax)])
    },
  }
}

function toReport(device: Held | undefined): readonly ReportedDevice[] {
  if (!device) return []
  const { sessions, left, storageId: _, ...known } = device
  const contacts = [...left, ...[...sessions.values()].map((session) => toContact(session, true))]
  return contacts.length === 0 ? [] : [{ ...known, contacts: contacts.slice(-contactsReportedMax) }]
}

function isAnother(known: string | null, said: string | null): boolean {
  return known !== null && said !== null && known !== said
}

function toContact({ id, address, openedAt, lastHeardAt }: HeldSession, isOpen: boolean): DeviceContact {
  return { id, address: cleaned(address), from: openedAt, until: Math.max(openedAt, lastHeardAt), isOpen }
}

function toTold(said: DeviceReport, now: number): ToldByDevice {
  const { acked, unsent, attention, cached, storageUsed, storageQuota, storage, at } = said
  const offsetMs = at === undefined ? null : Math.round(at - now)
  return {
    at: now,
    storageId: storage ?? null,
    endedSeq: acked,
    unsentCount: Math.min(unsent, countOnDeviceMax),
    attentionCount: Math.min(attention, countOnDeviceMax),
    cachedCount: Math.min(cached, countOnDeviceMax),
    storageUsedBytes: storageUsed ?? null,
    storageQuotaBytes: storageQuota ?? null,
    clockOffsetMs: offsetMs !== null && Number.isSafeInteger(offsetMs) ? offsetMs : null,
  }
}

/** What a device says of itself goes to pages and into a database, which takes no half characters. */
function cleaned(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '').slice(0, 200).toWellFormed()
}
