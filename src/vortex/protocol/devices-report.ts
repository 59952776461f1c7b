import * as v from 'valibot'
import { uuidText } from './principal.ts'

/** What field and office tell logic of the devices they hold: the request, and what it carries. */

export const devicesReportName = 'peek.devices'
/** Devices in one report, and connections of one of them. */
export const devicesReportedMax = 200
export const contactsReportedMax = 20

/** Of a sequence, or of bytes. */
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
/** Of things on one device: what says more is no device. */
export const countOnDeviceMax = 1_000_000_000
const countOnDevice = v.pipe(count, v.maxValue(countOnDeviceMax))
/** Text that a column holds. */
const cleanText = v.pipe(
  v.string(),
  v.maxLength(200),
  v.check((text) => !text.includes('\u0000') && text.isWellFormed(), 'must not hold NUL characters or half characters'),
)
const instant = v.pipe(v.number(), v.safeInteger())

/** What a device said of itself, and when that was heard. */
export const toldSchema = v.strictObject({
  at: instant,
  /** One life of its storage; null where it does not say. */
  storageId: v.nullable(uuidText),
  /** Up to here it holds nothing without an end. */
  endedSeq: count,
  unsentCount: countOnDevice,
  attentionCount: countOnDevice,
  cachedCount: countOnDevice,
  storageUsedBytes: v.nullable(count),
  storageQuotaBytes: v.nullable(count),
  /** How far its clock is ahead of ours. */
  clockOffsetMs: v.nullable(v.pipe(v.number(), v.safeInteger())),
})
export type ToldByDevice = v.InferOutput<typeof toldSchema>

/** One connection: from greeting to close, or to now. */
export const contactSchema = v.strictObject({
  id: uuidText,
  address: cleanText,
  from: instant,
  until: instant,
  isOpen: v.boolean(),
})
export type DeviceContact = v.InferOutput<typeof contactSchema>

/** One app of one person on one device, as far as it is news. */
export const reportedDeviceSchema = v.strictObject({
  device: uuidText,
  app: cleanText,
  user: cleanText,
  build: cleanText,
  protocol: countOnDevice,
  /** The highest sequence an action of it has, and the highest one answered for good; 0: none that this service knows. */
  announcedSeq: count,
  answeredSeq: count,
  told: v.nullable(toldSchema),
  contacts: v.pipe(v.array(contactSchema), v.minLength(1), v.maxLength(contactsReportedMax)),
})
export type ReportedDevice = v.InferOutput<typeof reportedDeviceSchema>

export const devicesReportSchema = v.strictObject({
  devices: v.pipe(v.array(reportedDeviceSchema), v.maxLength(devicesReportedMax)),
})
export type DevicesReport = v.InferOutput<typeof devicesReportSchema>

/** One row on the page: an app of a person on a device. */
export function deviceKey({ app, user, device }: Pick<ReportedDevice, 'app' | 'user' | 'device'>): string {
  return `${app}/${user}/${device}`
}
