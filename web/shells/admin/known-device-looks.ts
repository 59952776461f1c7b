import type { Device } from '#vortex/protocol/device-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { formatLength, formatPlural } from '#web/ui'
import type { Concern, Look } from './status-looks.ts'

/** How devices look, which of them need somebody, and how they are found. */

export type DeviceRow = TupleOf<typeof Device>

const dayMs = 24 * 60 * 60 * 1_000
/** With work on it that nobody else has, a device this long away stands out. */
export const silentWithWorkMs = dayMs
/** Without, it is just not used. */
export const silentMs = 7 * dayMs
/** What was taken from a device is of interest this long. */
const lossShownMs = 30 * dayMs
const clockOffMs = 2 * 60_000

export function silentForMs({ isOnline, lastContactAt }: DeviceRow, now: number): number {
  return isOnline ? 0 : Math.max(0, now - lastContactAt)
}

export function deviceLook(device: DeviceRow, now: number): Look {
  const { leftCount, attentionCount, isOnline } = device
  const silence = silentForMs(device, now)
  if (hasLost(device, now)) return { tone: 'alarm', title: 'Work was lost' }
  if (leftCount > 0 && silence >= silentWithWorkMs) return { tone: 'alarm', title: 'Silent with unsent work' }
  if (attentionCount > 0) return { tone: 'warning', title: 'Waits for its person' }
  if (leftCount > 0) return isOnline ? { tone: 'busy', title: 'Sending' } : { tone: 'waiting', title: 'Unsent work' }
  if (isOnline) return { tone: 'normal', title: 'Online' }
  return { tone: 'idle', title: silence >= silentMs ? 'Silent' : 'Offline' }
}

/** The sentence about a device that somebody should look after; nothing where all is well. */
export function troubleWords(device: DeviceRow, now: number): readonly string[] {
  const { leftCount, attentionCount, lostCount, clockOffsetMs } = device
  const silence = silentForMs(device, now)
  const found: string[] = []
  if (hasLost(device, now))
    found.push(
      `Its browser took the app's storage away with ${formatPlural(lostCount, 'action')} on it that had not been sent, as far as is known here. Ask the person what was done, and keep the browser from clearing this site.`,
    )
  if (leftCount > 0 && silence >= silentWithWorkMs)
    found.push(
      `${formatPlural(leftCount, 'action')} ${leftCount === 1 ? 'is' : 'are'} on it that nobody else has, and it was not heard of for ${formatLength(silence)}. Bring it into coverage and open the app; it sends by itself.`,
    )
  if (attentionCount > 0)
    found.push(
      `${formatPlural(attentionCount, 'action')} ${attentionCount === 1 ? 'was' : 'were'} refused or cannot be sent as ${attentionCount === 1 ? 'it is' : 'they are'}: its person finds ${attentionCount === 1 ? 'it' : 'them'} on the Outbox page.`,
    )
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) >= clockOffMs)
    found.push(`Its clock is ${clockWords(device)}: the times of what is done on it are as wrong.`)
  return found
}

function hasLost({ storageLostAt }: DeviceRow, now: number): boolean {
  return storageLostAt !== null && now - storageLostAt < lossShownMs
}

export function versionWords({ versionsBehind }: Pick<DeviceRow, 'versionsBehind'>): string {
  if (versionsBehind === null) return 'never ran here'
  return versionsBehind === 0 ? 'up to date' : `${formatPlural(versionsBehind, 'version')} behind`
}

export function clockWords({ clockOffsetMs }: Pick<DeviceRow, 'clockOffsetMs'>): string {
  if (clockOffsetMs === null) return 'not known'
  if (Math.abs(clockOffsetMs) < clockOffMs) return 'right'
  return `${formatLength(clockOffsetMs)} ${clockOffsetMs > 0 ? 'fast' : 'slow'}`
}

/** As much of an id as people can tell apart. */
export function shortDevice(device: string): string {
  return device.slice(0, 8)
}

export function deviceHref(device: string): string {
  return `/devices/${encodeURIComponent(device)}`
}

export const deviceFilters = [
  { value: 'all', title: 'All devices' },
  { value: 'attention', title: 'Needs attention' },
  { value: 'unsent', title: 'With unsent work' },
  { value: 'silent', title: 'Silent for a week or longer' },
  { value: 'old', title: 'With an old version' },
] as const
export type DeviceFilter = (typeof deviceFilters)[number]['value']

export function isShown(device: DeviceRow, filter: DeviceFilter, now: number): boolean {
  switch (filter) {
    case 'all':
      return true
    case 'attention':
      return troubleWords(device, now).length > 0
    case 'unsent':
      return device.leftCount > 0
    case 'silent':
      return silentForMs(device, now) >= silentMs
    case 'old':
      return device.versionsBehind !== 0
  }
}

/** Whether every word that was typed stands somewhere in what the page says of it. */
export function isDeviceFound(device: DeviceRow, typed: string, now: number): boolean {
  const { user, app, build, address, services } = device
  const text = [device.device, user, app, build, address, ...services, deviceLook(device, now).title].join(' ')
  const words = typed.toLowerCase().split(/\s+/)
  return words.every((word) => text.toLowerCase().includes(word))
}

const urgency: readonly Look['tone'][] = ['alarm', 'warning', 'busy', 'waiting', 'normal', 'idle']

/** What needs somebody first; of alike ones the one that was heard of last. */
export function byNeed(now: number): (a: DeviceRow, b: DeviceRow) => number {
  const place = (device: DeviceRow): number => urgency.indexOf(deviceLook(device, now).tone)
  return (a, b) => place(a) - place(b) || b.lastContactAt - a.lastContactAt || (a.id < b.id ? -1 : 1)
}

/** For the first page: only what grows worse by waiting. */
export function deviceConcerns(device: DeviceRow, now: number): Concern[] {
  const look = deviceLook(device, now)
  const [words] = troubleWords(device, now)
  if (look.tone !== 'alarm' || words === undefined) return []
  const title = `${device.app} of ${device.user} on ${shortDevice(device.device)}`
  return [{ id: `device-${device.id}`, look, title, words, href: deviceHref(device.device) }]
}
