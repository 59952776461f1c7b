import type { DeviceRow } from '../known-device-looks.ts'

/** A device that is online and at rest. */
export function deviceRow(change: Partial<DeviceRow> = {}): DeviceRow {
  const device = '00000000-0000-4000-8000-000000000001'
  return {
    ...{ id: `field/guest/${device}`, device, app: 'field', user: 'guest', build: '1.0.0', versionsBehind: 0 },
    ...{ protocol: 4, address: '10.0.0.1', firstContactAt: 0, lastContactAt: 400 * 24 * 60 * 60 * 1_000 },
    ...{ isOnline: true, services: ['field'], connectionCount: 1, announcedSeq: 7, acknowledgedSeq: 7, leftCount: 0 },
    ...{ attentionCount: 0, unsentSince: null, cachedCount: 3, storageUsedBytes: 1e6, storageQuotaBytes: 1e9 },
    ...{ clockOffsetMs: 0, toldAt: 0, storageLostAt: null, lostCount: 0 },
    ...change,
  }
}
