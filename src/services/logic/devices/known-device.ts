import type { ReportedDevice } from '#vortex/protocol/devices-report.ts'

/**
 * What is known of one app of one person on one device, and how a report changes it.
 *
 * Reports may come late, twice, and from two services in any order, and lead to the same: sequences only grow, what the
 * device said last counts. Only where the device says that its storage is another one, its sequence begins anew.
 */
export type KnownDevice = {
  readonly device: string
  readonly app: string
  readonly user: string
  readonly build: string
  readonly protocol: number
  readonly address: string
  readonly firstContactAt: number
  readonly lastContactAt: number
  readonly announcedSeq: number
  readonly answeredSeq: number
  /** When it said how it stands; null: it never did. */
  readonly toldAt: number | null
  readonly endedSeq: number
  readonly unsentCount: number
  readonly attentionCount: number
  readonly cachedCount: number
  readonly storageUsedBytes: number | null
  readonly storageQuotaBytes: number | null
  readonly clockOffsetMs: number | null
  readonly unsentSince: number | null
  readonly storageId: string | null
  readonly storageLostAt: number | null
  readonly lostCount: number
}

export function mergeReport(known: KnownDevice | undefined, report: ReportedDevice): KnownDevice {
  const device = known ?? newDevice(report)
  const from = Math.min(...report.contacts.map((contact) => contact.from))
  const until = Math.max(...report.contacts.map((contact) => contact.until))
  const isLatest = until >= device.lastContactAt
  const { build, protocol, announcedSeq, answeredSeq } = report
  const seen: KnownDevice = {
    ...device,
    ...(isLatest && { build, protocol, address: report.contacts.at(-1)?.address ?? device.address }),
    firstContactAt: Math.min(device.firstContactAt, from),
    lastContactAt: Math.max(device.lastContactAt, until),
  }
  const told = withTold(seen, report)
  // A report that is of an earlier storage says nothing of this one's sequence.
  if (isOfAnotherStorage(told, report)) return told
  return {
    ...told,
    announcedSeq: Math.max(told.announcedSeq, announcedSeq),
    answeredSeq: Math.max(told.answeredSeq, answeredSeq),
  }
}

/** Actions still on the device, as far as is known. */
export function leftOn(device: KnownDevice): number {
  return Math.max(device.unsentCount, device.announcedSeq - acknowledgedSeqOf(device), 0)
}

/** The highest sequence that is known to have an end: answered, or as the device says. */
export function acknowledgedSeqOf({ answeredSeq, endedSeq }: KnownDevice): number {
  return Math.max(answeredSeq, endedSeq)
}

const yearMs = 365 * 24 * 60 * 60 * 1_000

/** Silent for a year, and nothing of value on it. */
export function isForgettable(device: KnownDevice, now: number): boolean {
  return device.lastContactAt < now - yearMs && leftOn(device) === 0
}

function newDevice({ device, app, user, build, protocol }: ReportedDevice): KnownDevice {
  return {
    ...{ device, app, user, build, protocol },
    address: '',
    firstContactAt: Number.MAX_SAFE_INTEGER,
    lastContactAt: 0,
    announcedSeq: 0,
    answeredSeq: 0,
    toldAt: null,
    endedSeq: 0,
    unsentCount: 0,
    attentionCount: 0,
    cachedCount: 0,
    storageUsedBytes: null,
    storageQuotaBytes: null,
    clockOffsetMs: null,
    unsentSince: null,
    storageId: null,
    storageLostAt: null,
    lostCount: 0,
  }
}

function withTold(device: KnownDevice, { told }: ReportedDevice): KnownDevice {
  if (told === null || (device.toldAt !== null && told.at < device.toldAt)) return device
  const { at, storageId, ...figures } = told
  const before = isAnother(device.storageId, storageId) ? emptied(device, at) : device
  return {
    ...before,
    ...figures,
    endedSeq: Math.max(before.endedSeq, figures.endedSeq),
    toldAt: at,
    storageId: storageId ?? before.storageId,
    unsentSince: figures.unsentCount === 0 ? null : (before.unsentSince ?? at),
  }
}

/** Its browser took away what was there; what was not sent is counted as lost. */
function emptied(device: KnownDevice, at: number): KnownDevice {
  const lost = leftOn(device)
  return {
    ...device,
    announcedSeq: 0,
    answeredSeq: 0,
    endedSeq: 0,
    unsentSince: null,
    ...(lost > 0 && { storageLostAt: at, lostCount: device.lostCount + lost }),
  }
}

function isOfAnotherStorage({ storageId }: KnownDevice, { told }: ReportedDevice): boolean {
  return told !== null && isAnother(storageId, told.storageId)
}

function isAnother(known: string | null, said: string | null): boolean {
  return known !== null && said !== null && known !== said
}
