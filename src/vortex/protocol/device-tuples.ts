import { boolean, instant, integer, list, nullable, number, text } from './fields.ts'
import { defineTuple } from './tuple.ts'

/** An app of a person on a device, connected or not: what is known to be on it, for administrators only. */
export const Device = defineTuple('peek.Device', {
  /** `<app>/<user>/<device>`. */
  id: text(),
  device: text(),
  app: text(),
  user: text(),
  /** Of its app, and how many versions ran here since that one; null where it never did. */
  build: text(),
  versionsBehind: nullable(integer()),
  protocol: integer(),
  address: text(),
  firstContactAt: instant(),
  /** Of one that is online: when that was last written down. */
  lastContactAt: instant(),
  isOnline: boolean(),
  /** Where it is connected now, and how often. */
  services: list(text()),
  connectionCount: integer(),
  /** The highest sequence an action of it has, and the highest one that is known to have an end. */
  announcedSeq: number(),
  acknowledgedSeq: number(),
  /** Actions that are still on it, as far as is known. */
  leftCount: integer(),
  /** Those that wait for its person: they cannot be sent as they are, or were refused and nobody has dealt with that. */
  attentionCount: integer(),
  /** Since when something is on it that was not sent. */
  unsentSince: nullable(instant()),
  cachedCount: integer(),
  storageUsedBytes: nullable(number()),
  storageQuotaBytes: nullable(number()),
  /** How far its clock is ahead of ours. */
  clockOffsetMs: nullable(number()),
  /** When it last said how it stands; null: it never did. */
  toldAt: nullable(instant()),
  /** When its browser took its storage away, and how many unsent actions were on it as far as was known. */
  storageLostAt: nullable(instant()),
  lostCount: integer(),
})
